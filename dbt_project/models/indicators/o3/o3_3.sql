{{ number_indicator('o3-3', 'RISK_TYPE') }}
