"""The portal: where senders check, send and explain deliveries, and the Commission sees who has sent."""
