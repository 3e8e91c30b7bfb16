"""make_customers.py [--other-colours]: prints 1,200 customers as CSV, always the same ones.

Whether one leaves follows from age, visits and plan, the plan that one takes from age and income, and what one spends from income and visits;
`colour` tells nothing of any of them. With --other-colours only that column differs.
"""
import math
import random
import sys

draw = random.Random(4)
other = "--other-colours" in sys.argv
print("id,joined,city,sex,age,income,visits,plan,spend,colour,gone")
for number in range(1200):
    age, sex, visits = draw.randint(18, 80), draw.choice("fm"), draw.randint(0, 12)
    income = 1500 + 40 * age * draw.random() + 300 * draw.random()
    likes = {"basic": 0.0, "family": age / 20 - 2, "pro": income / 500 - 6}
    plan = max(likes, key=lambda name: likes[name] + draw.gauss(0, 0.7))
    spend = 0.02 * income + 4 * visits + draw.gauss(0, 5)
    logit = 1.5 - 0.5 * visits + (45 - age) / 15 + (1.5 if plan == "pro" else 0)
    gone = draw.random() < 1 / (1 + math.exp(-logit))
    colour = draw.choice(["red", "green", "blue"])
    if other:
        colour = {"red": "blue", "blue": "red"}.get(colour, colour)
    day = number // 4
    print(f"{number + 1},2024-{1 + day // 28:02}-{1 + day % 28:02} {6 * (number % 4):02}:00:00,city{draw.randint(1, 30):02},{sex},{age},"
          f"{income:.1f},{visits},{plan},{spend:.2f},{colour},{str(gone).lower()}")
