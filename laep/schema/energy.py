"""Layers of the whole energy of a place: use by carrier, meters beside the model, and who pays what."""

from __future__ import annotations

from laep.schema.columns import CONFIDENCE, METHOD, Layer, amount, count, flag, number, share, spread, text, year
from laep.schema.vocabulary import CARRIERS, END_USES, METERED_FUELS, SECTORS, USE_SCOPES

ENERGY = (
    Layer(
        "model_use",
        "Energy used in a year, its cost and its emissions: by carrier, end use and user; sums over scopes agree",
        ("scope", "scope_id", "sector", "carrier", "end_use", "scenario", "year"),
        (
            text("scope", "What the row adds up", among=USE_SCOPES, required=True),
            text("scope_id", "Building, zone or substation id; `area`", required=True),
            text("sector", "Who uses it", among=SECTORS, required=True),
            text("carrier", "What reaches the user", among=CARRIERS, required=True),
            text("end_use", "What it is used for", among=END_USES, required=True),
            text("scenario", "Scenario; `today` is what is used now", required=True),
            year("Year it stands for", required=True),
            *spread("annual", "kWh", "Energy used in the year", least=0, required=True),
            *spread("cost", "GBP/yr", "What users pay for it, standing charges included", least=0, required=True),
            *spread("leaving", "GBP/yr", "What of that leaves the area", least=0, required=True),
            *spread("carbon", "kgCO2e/yr", "Emissions of it, at the factors of the year", least=0, required=True),
            METHOD,
            CONFIDENCE,
        ),
    ),
    Layer(
        "model_metered",
        "What meters say beside what laep reckons before it looks at them, homes only",
        ("scope", "scope_id", "fuel"),
        (
            text("scope", "What the row is of", among=("zone", "area"), required=True),
            text("scope_id", "Zone id; `area`", required=True),
            text("fuel", "What is metered", among=METERED_FUELS, required=True),
            year("Year of the readings; missing when the file does not say"),
            amount("homes", "homes", "Homes there", required=True),
            amount("meters", "count", "Meters of homes inside the area", required=True),
            amount("metered_kwh", "kWh", "What they say", required=True),
            amount("modelled_kwh", "kWh", "What laep reckons by kind of home alone, at national means", required=True),
            number("difference", "-", "Modelled over metered, less one"),
            METHOD,
        ),
    ),
    Layer(
        "model_payer",
        "What a year's energy costs homes of one kind: by tenure, rating and heating; small counts are hidden",
        ("topic", "category"),
        (
            text("topic", "What homes are told apart by", among=("all", "tenure", "rating", "heating"), required=True),
            text("category", "Kind, such as social_rented, E or no_gas", required=True),
            count("homes", "Homes with a certificate; missing where the count is small and so hidden", unit="homes"),
            flag("hidden", "True where the count is small, or would give a small one away", required=True),
            share("share", "Share of the homes that say something on the topic; missing where hidden"),
            *spread("bill", "GBP/yr", "Mean cost of electricity and heat of one such home", least=0),
            share("poor_rating_share", "Share of them rated D or worse"),
            share("no_gas_share", "Share of them not heated by mains gas"),
            METHOD,
            CONFIDENCE,
        ),
    ),
)
