-- No cell yet: take the rows of a staging model, and join int_senders for status and coverage.
WITH cells AS (
    SELECT
        cast(NULL AS VARCHAR) AS ref_area,
        cast(NULL AS VARCHAR) AS time_period,
<% for name in dimensions %>
        cast(NULL AS VARCHAR) AS << name | lower >>,
<% endfor %>
        cast(NULL AS BIGINT) AS number,
        cast(NULL AS VARCHAR) AS obs_status,
        cast(NULL AS BIGINT) AS n_senders,
        cast(NULL AS BIGINT) AS n_expected
)

{{ observations('cells', '<< indicator >>', [<% for name in dimensions %>'<< name >>'<% if not loop.last %>, <% endif %><% endfor %>], [
<% for measure in measures %>
    ['<< measure >>', 'PURE_NUMB', 'number'],
<% endfor %>
]) }}
