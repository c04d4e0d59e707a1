SELECT *
FROM {{ ref('mart_exchange_rates') }}
WHERE NOT coalesce(average_units_per_eur > 0, FALSE)
