-- a query in a file of its own
SELECT year, count(*) AS rows, sum(amount) AS amount FROM sales GROUP BY ALL
