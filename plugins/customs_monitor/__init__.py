"""Customs Monitor: from deliveries of EU customs data to published monitoring indicators."""
