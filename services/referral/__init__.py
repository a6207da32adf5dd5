"""Referral: dialogue-based referrals, and everything said in them; nothing leaves without a permit."""
