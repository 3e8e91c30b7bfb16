"""5,003 rows: a number of rows that no part size divides."""
import random

random.seed(1)
print("t,place,kind,a,b,y,late,list")
for t in range(5003):
    kind, a, b = random.choice("kmn"), random.gauss(0, 1), random.random()
    y = {"k": 0, "m": 3, "n": -2}[kind] + 2 * a - b * b + random.gauss(0, 0.5)
    print(f"{t},{int(abs(y)) % 4},{kind},{'' if random.random() < 0.03 else f'{a:.4f}'},{b:.4f},{y:.4f},{str(y > 1).lower()},l{t // 25}")
