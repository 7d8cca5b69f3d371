"""The expression language that authors and students share: text to a bounded tree, nothing executed."""
