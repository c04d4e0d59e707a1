"""The bench's input: a wide file of declarations, made up by rule, with a known share of defects."""

from __future__ import annotations

from pathlib import Path

import duckdb

from customs_monitor.contracts import Project, Registry

FEED = "declarations"
#: One row in this many has a defect; five kinds of defect take turns.
DEFECT_EVERY = 1000


def bench_registry(real: Project, folder: Path) -> Registry:
    """Return a registry with the declaration feed alone, on the real rules and codelists.

    Args:
        real: the project whose rules and codelists are used.
        folder: an empty folder in which the bench's project is put together.
    """
    own = Path(__file__).parent / "project" / "expectations"
    expectations = folder / "expectations"
    expectations.mkdir(parents=True)
    for name in ("concepts", "feeds"):
        (expectations / name).symlink_to(own / name)
    (expectations / "rules.yml").symlink_to(real.expectations / "rules.yml")
    (folder / "dbt_project").symlink_to(real.dbt)
    return Registry.load(Project(folder))


def generate(path: Path, rows: int) -> None:
    """Write a CSV of declarations; the same number of rows gives the same bytes.

    Args:
        path: the file, about 230 bytes a row.
        rows: how many.
    """
    defect = f"i % {DEFECT_EVERY} = 0"
    kind = f"(i // {DEFECT_EVERY}) % 5"
    with duckdb.connect() as connection:
        connection.execute("SET threads = 2")
        connection.execute(
            f"""
            COPY (
                WITH drawn AS (
                    SELECT
                        i,
                        hash(i) AS h,
                        DATE '2026-01-01' + (hash(i, 1) % 181)::INTEGER AS acceptance_date,
                        ['AT','BE','BG','CY','CZ','DE','DK','EE','EL','ES','FI','FR','HR','HU','IE','IT','LT','LU','LV',
                         'MT','NL','PL','PT','RO','SE','SI','SK'][1 + (hash(i, 2) % 27)::INTEGER] AS ms,
                        (hash(i, 3) % 1000000)::BIGINT / 1000 AS net
                    FROM range({rows}) AS numbers(i)
                )
                SELECT
                    CASE WHEN {defect} AND {kind} = 0 THEN 'no-mrn' ELSE '26' || ms || printf('%014d', i // 5) END
                        AS mrn,
                    1 + i % 5 AS item_number,
                    CASE WHEN {defect} AND {kind} = 1 THEN '31.02.2026' ELSE acceptance_date::VARCHAR END
                        AS acceptance_date,
                    strftime(acceptance_date + INTERVAL (h % 80000 + 3600) SECOND, '%Y-%m-%d %H:%M:%S') AS release_at,
                    '2026-Q' || quarter(acceptance_date) AS reference_period,
                    ms AS member_state,
                    ['IM', 'EX', 'TR'][1 + (h % 3)::INTEGER] AS declaration_type,
                    ['STANDARD', 'SIMPLIFIED', 'EIDR', 'LOW_VALUE'][1 + (h // 3 % 4)::INTEGER]
                        AS declaration_subtype,
                    CASE WHEN h % 20 = 0
                        THEN ['DOC', 'DOC_ERA', 'PHY', 'PHY_ERA', 'PRC'][1 + (h // 20 % 5)::INTEGER] END
                        AS control_type,
                    ['1', '2', '3', '4', '5', '8'][1 + (h // 7 % 6)::INTEGER] AS transport_mode,
                    ['ENTRY', 'EXIT', 'TRANSIT'][1 + (h % 3)::INTEGER] AS movement,
                    CASE WHEN h % 40 = 0 THEN printf('CRC%02d', 1 + h // 40 % 20) END AS crc_code,
                    CASE WHEN {defect} AND {kind} = 2 THEN 'QQQ'
                        ELSE ['CN', 'US', 'TR', 'IN', 'CH', 'JP', 'KR', 'VN', 'BR', 'ZA'][1 + (h // 11 % 10)::INTEGER]
                        END
                        AS origin_country,
                    ms AS destination_country,
                    ['EUR', 'USD', 'CNY', 'CHF'][1 + (h // 13 % 4)::INTEGER] AS currency_code,
                    'F' AS conf_status,
                    ms || printf('%012d', h % 500000) AS declarant_id,
                    ms || printf('%012d', h // 17 % 900000) AS importer_id,
                    CASE ms WHEN 'EL' THEN 'GR' ELSE ms END || printf('%06d', h // 19 % 400) AS office_code,
                    printf('%08d', h // 23 % 99999999) AS commodity_code,
                    printf('%02d', h // 29 % 100) AS taric_code,
                    'Goods of kind ' || (h // 31 % 5000) || ', various' AS goods_description,
                    1 + h // 37 % 50 AS package_count,
                    printf('%.3f', net * 1.1 + 0.1) AS gross_mass_kg,
                    CASE WHEN {defect} AND {kind} = 3 THEN '1,234.5' ELSE printf('%.3f', net) END AS net_mass_kg,
                    NULL AS supplementary_quantity,
                    printf('%.2f', net * 12.5) AS invoice_amount,
                    CASE WHEN {defect} AND {kind} = 4 THEN '-1' ELSE printf('%.2f', net * 11.5) END
                        AS statistical_value_eur,
                    printf('%.2f', net * 0.5) AS duty_eur,
                    CASE WHEN h % 4 = 0 THEN 'true' ELSE 'false' END AS is_aeo
                FROM drawn
                ORDER BY i
            ) TO '{path}' (FORMAT csv, HEADER)
            """
        )
