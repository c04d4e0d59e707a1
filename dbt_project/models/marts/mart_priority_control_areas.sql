-- Priority control areas by year and type of risk, and in total: how many there were and how many took part in them.
WITH areas AS (
    SELECT
        reference_period,
        risk_type,
        participants_count,
        year(active_from) = cast(reference_period AS INTEGER) AS starts_in_year,
        coalesce(year(active_to) >= cast(reference_period AS INTEGER), TRUE) AS is_active_in_year,
        coalesce(active_to >= {{ period_last_day('reference_period') }}, TRUE) AS is_active_on_last_day
    FROM {{ ref('stg_priority_control_areas') }}
    WHERE active_from <= {{ period_last_day('reference_period') }}
),

counted AS (
    SELECT
        reference_period,
        coalesce(risk_type, '_T') AS risk_type,
        count(CASE WHEN starts_in_year THEN 1 END) AS pca_started_count,
        count(CASE WHEN is_active_in_year THEN 1 END) AS pca_active_count,
        count(CASE WHEN is_active_on_last_day THEN 1 END) AS pca_active_on_last_day_count,
        count(*) AS pca_so_far_count,
        sum(CASE WHEN is_active_in_year THEN participants_count ELSE 0 END) AS pca_participations_count
    FROM areas
    GROUP BY reference_period, GROUPING SETS ((risk_type), ())
)

SELECT
    reference_period,
    risk_type,
    pca_started_count,
    pca_active_count,
    pca_active_on_last_day_count,
    pca_so_far_count,
    cast(pca_participations_count AS BIGINT) AS pca_participations_count,
    {{ ratio('pca_participations_count', 'pca_active_count') }} AS pca_mean_participants
FROM counted
ORDER BY reference_period, risk_type
