"""What the console calls things; each word is translated where it is shown."""

from typing import Final

STANCES: Final = {
    "SOLICIT": "Soliciting",
    "RECRUIT": "Recruiting",
    "TUTORIAL": "Tutorial",
    "SEEK": "Seeking help",
    "EXPERIENCE": "Own experience",
    "VICTIM": "Victim or exposure",
    "WARN": "Warning",
    "LEGAL_INFO": "Legal information",
    "OFFICIAL": "Institution's own",
    "OTHER": "Other",
}
SERVICES: Final = {
    "C1": "Debt optimisation",
    "C2": "Interest freeze, negotiation",
    "C3": "Credit repair",
    "C4": "Anti-collection",
    "C5": "Agency complaints",
    "C6": "Insurance surrender",
    "C7": "Illegal loan brokerage",
    "C8": "Debt evasion",
    "C9": "Illegal stock tips",
    "C10": "Supplies for the trade",
}
GRADES: Final = {"L3": "Clear", "L2": "Probable", "L1": "Clue", "L0": "Nothing"}
LABELS: Final = {"lure": "Lure", "not_lure": "Not a lure", "unsure": "Unsure"}
KINDS: Final = {
    "coding": "Coded term",
    "term": "Term",
    "offer": "Offer",
    "promise": "Promise",
    "fee": "Fee",
    "route": "Route",
    "doubt": "Asks whether it can be trusted",
    "method": "Illegal method",
    "policy": "Fake policy",
    "papers": "Asks for papers",
    "impersonation": "Impersonation",
    "contact": "Contact",
    "model": "Weighed most with the model",
}
FIELDS: Final = {
    "title": "Title",
    "text": "Text",
    "tags": "Tags",
    "ocr": "Text in pictures",
    "author_comments": "Author's comments",
    "author_name": "Account",
    "author_bio": "Bio",
}
OWNERS: Final = {
    "author": "the author's",
    "suspect": "a suspect's, named by the author",
    "unknown": "unknown",
}
STATES: Final = {
    "captured": "captured",
    "empty": "nothing found",
    "disallowed": "forbidden by robots.txt",
    "blocked": "blocked by a wall",
    "capped": "more pages were there",
    "changed": "layout changed",
    "failed": "no page came",
    "imported": "imported",
}
WAITS: Final = {
    "detect": "Published to found",
    "review": "Found to decided",
    "send": "Decided to sent",
    "remove": "Sent to removed",
}
ALL: Final = {"all": "All"}
