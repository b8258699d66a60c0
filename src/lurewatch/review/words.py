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
ROLES: Final = {
    "reviewer": "Reviewer",
    "lead": "Lead",
    "legal": "Legal",
    "auditor": "Auditor",
    "admin": "Admin",
}
OPENID: Final = {  # why nobody was logged in
    "provider": "Your institution's log-in does not answer as it should. Try later, or log in with your password.",
    "refused": "Your institution's log-in did not let you through.",
    "stale": "This log-in was begun too long ago, in another window, or not here. Begin again.",
    "token": "What your institution's log-in sent cannot be trusted, and was not used.",
    "unverified": "Your institution's log-in does not vouch for who you are.",
    "unknown": "Nobody here is known by what your institution's log-in says of you. An admin can bind it to your account.",
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
PICTURES: Final = {
    "waiting": "not fetched yet",
    "kept": "fetched",
    "gone": "gone from the platform",
    "refused": "refused by its host",
    "disallowed": "forbidden by robots.txt",
    "no_picture": "what came is no picture",
    "too_large": "too large to fetch",
    "failed": "did not come",
    "unread": "fetched, not read yet",
    "read": "its text was read",
    "no_text": "no text in it",
    "broken": "broken, it cannot be read",
    "huge": "too many pixels to be read",
    "hidden": "read; its bytes are gone, for it showed somebody's details",
}
OWNERS: Final = {
    "author": "the author's",
    "suspect": "a suspect's, named by the author",
    "unknown": "unknown",
}
DEEDS: Final = {  # what the audit log says was done; the first word alone where an object follows
    "log in": "Logged in",
    "failed log in": "A login that failed",
    "read finding": "Opened a finding",
    "list findings": "Saw findings in a list",
    "found findings": "Found findings by a search",
    "read cluster": "Opened a linked group",
    "read request": "Fetched a request",
    "look at picture": "Looked at a picture",
    "export posts": "Exported the posts",
    "claim finding": "Took a finding",
    "decide": "Decided",
    "undo decision": "Took a decision back",
    "second look": "Looked a second time",
    "show contacts": "Saw the contacts",
    "search posts": "Searched the posts",
    "add post": "Added a post",
    "read sample": "Opened a sample",
    "draw samples": "Drew samples",
    "sample": "Judged a sample",
    "keep evidence": "Kept evidence",
    "draft request": "Drafted a request",
    "outcome": "A desk said what came of it",
    "add": "Added a person",
    "change person": "Changed a person",
    "add token": "Made a token",
    "revoke token": "Revoked a token",
    "add webhook": "Added a webhook",
    "disable webhook": "Stopped a webhook",
    "name campaign": "Named a campaign",
    "withdraw campaign": "Took a campaign's name back",
    "hold": "Put a hold on",
    "release": "Lifted a hold",
    "purge": "Forgot what had expired",
    "record source": "Recorded a platform's rules",
    "resume source": "Let a platform be asked again",
}
LINKS: Final = {
    "text": "Wording",
    "account": "The same account",
    "image": "A picture, the same or one like it",
    "wechat": "A WeChat contact",
    "qq": "A QQ number",
    "group": "A group's number",
    "phone": "A phone number",
    "link": "An address",
    "email": "An e-mail address",
}
CHANNELS: Final = {
    "wechat": "WeChat account",
    "qq": "QQ",
    "group": "Group",
    "phone": "Telephone",
    "link": "Link",
    "email": "E-mail",
    "pointer": "Pointer",
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
RUN_STATES: Final = {
    "running": "running",
    "finished": "came to its end",
    "blocked": "blocked by a wall",
    "failed": "failed",
    "stopped": "stopped",
    "interrupted": "interrupted",
}
RUN_KINDS: Final = {
    "spider": "by our spider",
    "import": "imported",
    "person": "added by a person",
}
PLATFORMS: Final = {
    "weibo": "Weibo",
    "xiaohongshu": "Xiaohongshu",
    "douyin": "Douyin",
    "kuaishou": "Kuaishou",
    "bilibili": "Bilibili",
    "zhihu": "Zhihu",
    "tieba": "Tieba",
    "xianyu": "Xianyu",
    "wechat": "WeChat",
    "toutiao": "Toutiao",
    "feed": "Feed",
    "web": "Web",
}
SHOWS: Final = {
    "no": "Waiting",
    "second": "For a second look",
    "lead": "For a lead",
    "sample": "Random sample, waiting",
    "yes": "Decided",
    "all": "All",
}
FILTERS: Final = {
    "grade": "Grade",
    "platform": "Platform",
    "service": "Service",
    "stance": "Stance",
}
REFERRALS: Final = {
    "own": "it names our institution",
    "disagreement": "two people looked at it and differ",
}
HISTORIES: Final = {
    "account": "Other posts of this account",
    "contact": "Other posts with the same contact",
}
DEVICES: Final = {
    "homophone": "homophone",
    "initial": "initial letters",
    "initials": "initial letters",
    "pinyin": "Pinyin",
    "pinyin-mix": "Pinyin mixed in",
    "split": "characters taken apart",
    "emoji": "emoji",
    "shape": "look-alike",
    "separated": "signs put between",
    "hidden": "hidden signs",
    "width": "full width",
    "traditional": "traditional characters",
    "vertical": "written downwards",
    "keycap": "keycaps",
    "euphemism": "euphemism",
    "abbreviation": "abbreviation",
}
HOW: Final = {
    "spider": "by our spider",
    "browser": "by our browser",
    "import": "imported",
    "person": "added by a person",
}
MEASURES: Final = {
    "agreement": "Second looks that agree",
    "golden": "Agreement with the golden set",
    "missed": "Lures among what was not flagged",
}
SAID: Final = {
    "asked": "Left to a lead",
    "second": "Recorded as a second look",
    "none": "Nothing more waits here.",
    "added": "Added, judged and flagged.",
    "drawn": "Posts were drawn.",
    "nothing_drawn": "There is no judged post to draw that was not flagged.",
    "missed": "It is a finding now, and waits for a decision.",
    "named": "It is a campaign now.",
    "unnamed": "The name was taken back.",
}
PROBLEMS: Final = {  # what the workflow says, in the pieces between its colons
    "page": "There is no such page.",
    "audit": "the audit log is for auditor, lead, legal or admin",
    "stance": "a lure solicits or recruits",
    "which stance": "choose SOLICIT or RECRUIT, or not a lure",
    "service": "a lure offers at least one service",
    "which service": "choose which",
    "own": "it names our institution",
    "lead": "only a lead can call it a lure",
    "held": "somebody else is looking at it",
    "look": "it waits for no second look of yours",
    "waits": "it waits for a second look",
    "own undo": "only who decided it takes it back",
    "factor": "your role needs a second factor",
    "factor off": "an admin can take it off",
    "no factor": "no second factor was begun",
    "begin again": "begin again",
    "old": "this form is too old; go back, reload the page and try again",
}
WAITS: Final = {
    "detect": "Published to found",
    "review": "Found to decided",
    "send": "Decided to sent",
    "remove": "Sent to removed",
}
ALL: Final = {"all": "All"}
REQUESTS: Final = {
    "drafted": "Drafted",
    "submitted": "Waits for approval",
    "approved": "Approved",
    "sent": "Sent",
    "acknowledged": "Receipt given",
    "removed": "Removed",
    "verified": "Removal verified",
    "refused": "Refused",
    "countered": "Counter-notice",
    "reopened": "Reopened",
    "withdrawn": "Withdrawn",
}
STEPS: Final = {
    "submit": "Submit for approval",
    "return": "Give back",
    "approve": "Approve",
    "send": "It was sent",
    "acknowledge": "A receipt came",
    "removed": "It was removed",
    "refused": "It was refused",
    "countered": "A counter-notice came",
    "verify": "Removal verified",
    "reopen": "Reopen",
    "again": "Submit again",
    "withdraw": "Withdraw",
}
REQUEST_FILTERS: Final = {"channel": "Channel", "track": "Track", "drafted_by": "Drafted by"}
FILES: Final = {"letter": "Letter", "pdf": "Letter as PDF", "receipt": "Receipt"}
NEEDS: Final = {"receipt": "Receipt number", "note": "Why, or the platform's words"}
OUTCOMES: Final = {
    "live": "still there",
    "edited": "edited",
    "removed_by_platform": "removed by the platform",
    "deleted_or_private": "deleted or made private by its author",
    "account_closed": "its account is closed",
    "gone": "gone; the page does not say why",
    "login_wall": "a login: it says nothing",
    "captcha": "a CAPTCHA: it says nothing",
    "wall": "a wall: it says nothing",
    "network_error": "the page did not come",
    "lost": "the page did not come",
    "unclear": "unclear",
}
WHY_NOT: Final = {
    "screen": "the first stage found nothing of the field",
    "stance": "it reads as: {stance}",
    "protected": "a protected voice is too likely ({value} > {limit})",
    "score": "its score is too low ({value} < {limit})",
    "service": "no service is recognised",
    "asks": "it only asks about an offer",
}
REFUSALS: Final = {  # what rules and inputs say, with the names of the values in it; whole sentences first
    "finding": "finding {number}",
    "no step": "there is no step {step}",
    "known step": "there is no step {step}; known: {known}",
    "may not follow": "request {number} is {state}: {step} may not follow; what may is {steps}",
    "step is for": "{who} is {role}; {step} is for {roles}",
    "another person": "{who} drafted or submitted request {number}: another person approves it",
    "needs": "{step} needs a {what}: give --{given}",
    "address": "{url} is no address of a page; write it whole, from https:// on",
    "broken address": "{url} is no address ({error})",
    "gave no post": "{url}: the public page gave no post ({platform}: {came}); add what you saw: its text (--text), and a screenshot of it (--file){shot}",
    "no such file": "{name}: give a screenshot (.png, .jpg), a saved page (.html, .mhtml) or a .pdf",
    "large file": "{name} is larger than {size} MiB",
    "no finding": "there is no finding {number}; see: lurewatch findings list",
    "held by": "somebody else is looking at it: {who}, until {until} UTC",
    "no decision": "there is no decision on finding {number} to take back",
    "sample": "sample {number} does not wait for anybody",
    "no request": "there is no request {number}; see: lurewatch takedown list",
    "no request at all": "there is no request {number}",
    "not standing": "request {number}: nobody's last word is that its finding is a lure, SOLICIT or RECRUIT; withdraw it",
    "needs a decision": (
        "finding {number}: a takedown request needs a person's decision that it is a lure, SOLICIT "
        "or RECRUIT; decide it in the console first"
    ),
    "asked before": "request {number}: {recipient} was asked about this post before, by request {other}; withdraw one of them",
    "moved": "request {number} was moved by another person; look again",
    "campaign name": "a campaign's name is 1 to 100 characters that can be seen",
    "sought": "{sought} is neither a contact nor a wording: give a handle, a number or an address, or at least four Chinese characters",
    "no cluster": "finding {number} is in no cluster; see: lurewatch clusters list",
    "unknown decision": "not a decision we know: {error}",
    "reads": "the role {role} reads and does not decide",
    "metrics": "/metrics answers this machine only; set LUREWATCH_METRICS_TOKEN and send it as a bearer token",
    "no post": "there is no post {post_id} of {platform}",
    "leads": "only a lead settles the golden set",
    "not alike": "it was decided meanwhile, or is worded otherwise; reload the page",
    "one state": "requests are taken further together in one state only",
    "drafted by nobody": (
        "request {number} was drafted by {who}, who is no person of the console: nobody can tell "
        "whether another one approves it; withdraw it and draft it anew: lurewatch takedown draft "
        "{other} --as NAME"
    ),
    "law": (
        "request {number}: its letter cites what does not hold today: {cites}; withdraw it and "
        "draft it anew: lurewatch takedown draft {other} --as NAME"
    ),
    "no answer": "finding {number}: nobody has decided it; there is no answer to agree on",
    "not golden": "finding {number} is not in the golden set",
}
