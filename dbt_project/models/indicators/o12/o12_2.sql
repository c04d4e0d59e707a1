{{ number_indicator('o12-2') }}
