{{ score_indicator('o12-8', 'FORUM_TOOL') }}
