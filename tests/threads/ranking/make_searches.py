"""Prints 120 searches of a shop with their offers as CSV, always the same ones, in the order of the clock: rows of one search do not stand side by side.

How well an offer suits (0 to 3) follows from how well its text matches, from its price against what the customer pays,
and from both together; `shelf` tells nothing.
"""
import random

draw = random.Random(11)
rows = []
for search in range(120):
    budget = draw.uniform(10, 100)
    minute = search * 10
    for offer in range(draw.randint(4, 9)):
        match, price, shelf = draw.random(), draw.uniform(5, 120), draw.choice("abcd")
        dear = max(0, price / budget - 1)
        suits = 4 * match * (1 if dear < 0.3 else 0.35) - dear + draw.gauss(0, 0.5)
        grade = 3 if suits > 2.6 else 2 if suits > 1.7 else 1 if suits > 0.8 else 0
        rows.append((minute + draw.uniform(0, 15), f"q{search + 1:03},{match:.3f},{price:.2f},{price / budget:.3f},{shelf},{grade}"))
rows.sort()
print("clock,search,match,price,price_to_budget,shelf,suits")
for minute, text in rows:
    print(f"2024-05-01 {int(minute) // 60:02}:{int(minute) % 60:02}:00,{text}")
