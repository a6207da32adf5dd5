"""Meetings under RSL § 11 e: what may be told without consent, once, in one room, by those the law names (R1–R14).

Nothing here is a consent, and nothing in `services.consent.domain.decision` reads it (R1).
"""
