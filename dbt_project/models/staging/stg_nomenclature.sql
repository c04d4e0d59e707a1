SELECT
    nomenclature_record,
    nomenclature_code,
    edition,
    goods_code,
    line_suffix,
    language_code,
    target_code,
    goods_group_list,
    text,
    supplementary_unit_code,
    is_declarable,
    target_nomenclature_code,
    goods_group,
    valid_from,
    valid_to,
    _is_synthetic
FROM {{ source('accepted', 'nomenclature') }}
