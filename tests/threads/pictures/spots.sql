SELECT warmth, rain, day, place FROM weather WHERE hour % 6 = 0
