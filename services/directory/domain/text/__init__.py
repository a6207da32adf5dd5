"""Danish words: what a text is about, and what somebody who searches means; the same reading for both."""
