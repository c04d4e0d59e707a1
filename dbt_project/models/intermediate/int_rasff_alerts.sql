-- One row per notification: each column from the rendering that is trusted most for it (contract rasff, usage).
WITH merged AS (
    SELECT
        notification_reference,
        {{ first_told('notification_date', ['WINDOW', 'PORTAL', 'RSS']) }} AS notification_date,
        {{ first_told('notifying_member', ['WINDOW', 'PORTAL', 'RSS']) }} AS notifying_member,
        {{ first_told('origin_countries', ['WINDOW', 'PORTAL', 'RSS']) }} AS origin_countries,
        {{ first_told('rasff_product_category', ['WINDOW', 'PORTAL', 'RSS']) }} AS rasff_product_category,
        {{ first_told('notification_subject', ['WINDOW', 'RSS']) }} AS notification_subject,
        {{ first_told('product_name', ['PORTAL']) }} AS product_name,
        {{ first_told('notification_class', ['WINDOW']) }} AS notification_class,
        {{ first_told('risk_decision', ['WINDOW']) }} AS risk_decision,
        {{ first_told('food_chain_product_type', ['WINDOW']) }} AS food_chain_product_type,
        -- Hazards and their categories are parallel lists: both from the same rendering.
        max(CASE WHEN record_source = 'WINDOW' THEN hazards END) AS window_hazards,
        max(CASE WHEN record_source = 'WINDOW' THEN hazard_categories END) AS window_hazard_categories,
        max(CASE WHEN record_source = 'PORTAL' THEN hazards END) AS portal_hazards,
        max(CASE WHEN record_source = 'PORTAL' THEN hazard_categories END) AS portal_hazard_categories,
        count(*) AS renderings_count
    FROM {{ ref('stg_rasff') }}
    GROUP BY notification_reference
)

SELECT
    notification_reference,
    notification_date,
    notifying_member,
    origin_countries,
    rasff_product_category,
    notification_subject,
    product_name,
    notification_class,
    risk_decision,
    food_chain_product_type,
    coalesce(window_hazards, portal_hazards) AS hazards,
    CASE WHEN window_hazards IS NOT NULL THEN window_hazard_categories ELSE portal_hazard_categories END
        AS hazard_categories,
    renderings_count
FROM merged
