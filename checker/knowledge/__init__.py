"""The tables: what the product knows about activations, losses, optimizers and conventions."""
