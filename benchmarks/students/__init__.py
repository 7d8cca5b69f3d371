"""Made-up students for `diagnosis`: they work problems step by step by hand, some with one mistake.

Nothing here is imported from the checker. Problems, right rules and wrong rules are written out again, unit by unit or
array by array; only the spelling of steps, the names of mistakes and the order of steps (the design's graph order) are
shared. A student works every step from the numbers written down so far, so that whatever follows a mistake is
consistent with it.
"""
