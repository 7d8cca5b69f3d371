"""How well mistakes are named: random problems, made-up students, and what the checker says of their work.

    python -m benchmarks.diagnosis [--write] [--quick] [--cases 600] [--seed 1] [--codes]
        [--precision "4 decimals"] [--failures 40] [--examples 3]

The students (`students`) share nothing with the checker; each submission is read and graded as a file would be. Cases
whose mistake cannot be seen, because what is typed where it was made is right within what is asked, are counted and
left out. Two mistakes that come to the same number at full precision are one cause that has two names. Mistakes are
drawn evenly: of those a problem offers, one of the rarest so far.
"""
