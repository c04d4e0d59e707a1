-- What a CN code of an earlier year has become by now, over all changes since: a row per code, last year, successor.
WITH RECURSIVE chains AS (
    SELECT
        goods_code,
        from_year,
        target_code,
        to_year
    FROM {{ ref('int_goods_code_changes') }}
    UNION
    -- The next change of the code the chain has come to, whenever that is.
    SELECT
        chains.goods_code,
        chains.from_year,
        changes.target_code,
        changes.to_year
    FROM chains
    INNER JOIN {{ ref('int_goods_code_changes') }} AS changes
        ON
            chains.target_code = changes.goods_code
            AND chains.to_year <= changes.from_year
            AND coalesce(changes.previous_from_year, 0) < chains.to_year
)

SELECT
    chains.goods_code,
    chains.from_year AS last_year,
    chains.target_code AS successor_code,
    min(chains.to_year) AS successor_since_year
FROM chains
LEFT JOIN {{ ref('int_goods_code_changes') }} AS later
    ON chains.target_code = later.goods_code AND chains.to_year <= later.from_year
WHERE later.goods_code IS NULL
GROUP BY chains.goods_code, chains.from_year, chains.target_code
ORDER BY chains.goods_code, last_year, successor_code
