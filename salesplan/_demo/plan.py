"""What is decided about the company rather than left to chance."""

from __future__ import annotations

from dataclasses import dataclass

COMPANY = "Talvero Software"
SEGMENTS = ("gold", "silver", "bronze")
COUNTRIES = ("DE", "FR", "CH", "GB")
COUNTRY_SHARES = (0.46, 0.27, 0.15, 0.12)
INDUSTRIES = ("industry", "retail", "logistics", "health", "public sector")
INDUSTRY_SHARES = (0.34, 0.2, 0.18, 0.16, 0.12)

BASE_CUSTOMERS = (45, 130, 255)
"""Customers of each segment when the books begin."""

TEAMS = ("Field", "Inside", "Key accounts")
ROLES = ("field", "inside", "key account")
PATTERN = (0,) * 6 + (1,) * 5 + (2,) * 3
"""Teams of the fourteen sellers; a larger company repeats them."""
TEAM_OF_SEGMENT = (2, 0, 1)
BEST_SELLER = 3
"""The one seller who truly wins more than the others."""

HOURLY_COST = {"field": 75, "inside": 55, "key account": 90, "marketing": 60, "default": 65}


@dataclass(frozen=True)
class Channel:
    """A way to find customers: leads in three years, how many book, what a meeting costs."""

    name: str
    leads: int
    booking: float
    cost: int
    external: float
    tools: float
    role: str = "marketing"


CHANNELS = (
    Channel("Customer referral", 420, 0.60, 20, 0.30, 0.00, "field"),
    Channel("Website", 1050, 0.36, 38, 0.35, 0.30),
    Channel("Newsletter", 500, 0.24, 60, 0.20, 0.40),
    Channel("Partner", 360, 0.50, 95, 0.60, 0.00, "field"),
    Channel("Search ads", 620, 0.26, 140, 0.85, 0.05),
    Channel("Cold calling", 560, 0.22, 190, 0.10, 0.10, "inside"),
    Channel("Trade fair", 320, 0.42, 290, 0.70, 0.00, "field"),
    Channel("Direct mail", 260, 0.18, 400, 0.85, 0.00),
    Channel("Social media", 180, 0.22, 0, 0.00, 0.00),
)
"""Eight channels with a recorded cost, and social media, whose cost nobody wrote down."""

STAGES = ("Qualified", "Needs analysis", "Demo", "Proposal", "Negotiation", "Won", "Lost")
WON, LOST = 5, 6
STAGE_PROBABILITY = (0.25, 0.40, 0.50, 0.65, 0.85, 1.0, 0.0)
PASSING = (0.74, 0.79, 0.77, 0.82, 0.88)
"""True chance to leave each stage forward, for deals with new customers."""
SKIPPING = (0.0, 0.08, 0.10, 0.04, 0.0)
STAGE_DAYS = (
    (1, 3, 5, 8, 14, 35),
    (2, 5, 8, 12, 20, 45),
    (2, 4, 8, 12, 20, 50),
    (3, 7, 11, 16, 26, 70),
    (2, 5, 9, 14, 24, 60),
)
"""Quantiles, at even steps, of the working days spent in each stage."""
PACE = (1.7, 1.0, 0.6)
"""Deals of gold accounts take longer, of bronze accounts shorter."""
PIPELINES = ("Sales Pipeline", "Renewal Pipeline")
RENEWAL_STAGES = ("Renewal due", "Renewal offered", "Renewed", "Not renewed")
RENEWAL_PROBABILITY = (0.6, 0.8, 1.0, 0.0)

LOST_REASONS = ("Price", "No budget", "Competitor", "No decision", "Timing")
LOST_SHARES = (0.27, 0.2, 0.21, 0.22, 0.1)

PRODUCTS = (
    "Talvero Cloud",
    "Talvero Insight",
    "Talvero Care",
    "Talvero Core",
    "Talvero Connect",
    "Talvero Services",
)
CLOUD, INSIGHT, CARE, CORE, CONNECT, SERVICES = range(6)
SALE_TYPES = ("subscription", "subscription", "support", "licence", "licence", "service")
CURRENCIES = ("EUR", "GBP", "CHF")

SEASON = (1.15, 1.05, 0.7, 1.0, 1.05, 1.1, 0.95, 0.9, 0.95, 0.75, 0.7, 1.25)
"""Work of each month from October on; the year closes strongly, summer is quiet."""
