-- Administrations outside the Union issue forms, too: they are shown, and the Union's total is that of its members.
WITH forms AS (
    SELECT
        issuing_administration AS ref_area,
        reference_period AS time_period,
        rif_category
    FROM {{ ref('stg_risk_information_forms') }}
    WHERE concat(year(issued_date), '-Q', quarter(issued_date)) = reference_period
),

areas AS (
    {{ with_the_eu('forms', ['rif_category']) }}
),

cells AS (
    {{ cube_cells('areas', 'risk_information_forms', ['RIF_CATEGORY'], {'forms': 'count(*)'}) }}
)

{{ observations('cells', 'o4-5', ['RIF_CATEGORY'], [
    ['NUMBER', 'PURE_NUMB', 'forms'],
]) }}
