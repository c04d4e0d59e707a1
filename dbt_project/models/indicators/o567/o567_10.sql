{{ number_indicator('o567-10', 'RISK_AREA') }}
