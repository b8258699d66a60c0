"""What the console calls things; each word is translated where it is shown."""

from typing import Final

from lurewatch.takedown import LABELS as PROFILE_LABELS
from lurewatch.takedown import PAPERS

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
    "service": "Service account",
}
OPENID: Final = {  # why nobody was logged in
    "provider": "Your institution's log-in does not answer as it should. Try later, or log in with your password.",
    "refused": "Your institution's log-in did not let you through.",
    "stale": "This log-in was begun too long ago, in another window, or not here. Begin again.",
    "token": "What your institution's log-in sent cannot be trusted, and was not used.",
    "unverified": "Your institution's log-in does not vouch for who you are.",
    "unknown": "Nobody here is known by what your institution's log-in says of you. An admin can bind it to your account.",
}
PEOPLE: Final = {  # what was done about a person
    "added": "Added:",
    "role": "The role is changed:",
    "disable": "Can log in no longer:",
    "enable": "Can log in again:",
    "password": "Has a new password:",
    "factor": "Has no second factor any more:",
}
PASSWORDS: Final = {  # why a password was not changed
    "wrong": "The password from before is not right.",
    "late": "Too many tries; wait ten minutes.",
    "differ": "The new password was typed in two ways.",
    "ended": "This password was for once and has ended. Ask an admin for a new one.",
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
    "list clusters": "Saw linked groups in a list",
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
    "set password": "Set a password",
    "failed password": "A change of password that failed",
    "disable person": "Disabled a person",
    "enable person": "Enabled a person",
    "make": "Gave a role",
    "second factor": "Logged in with a second factor",
    "recovery code": "Logged in with a recovery code",
    "failed second factor": "A second factor that failed",
    "begin second factor": "Began a second factor",
    "set second factor": "Set up a second factor",
    "take off second factor": "Took a second factor off",
    "new recovery codes": "Made new recovery codes",
    "require second factor": "Required a second factor of a role",
    "no longer require factor": "Required a second factor no longer",
    "bind identity": "Bound an account of the institution",
    "unbind identity": "Unbound an account of the institution",
    "take": "Took a file along",
    "keep letter": "Kept a letter",
    "keep pdf": "Kept a letter as PDF",
    "keep archive": "Kept the evidence of a letter",
    "keep receipt": "Kept a receipt",
    "add token": "Made a token",
    "revoke token": "Revoked a token",
    "add webhook": "Added a webhook",
    "disable webhook": "Stopped a webhook",
    "name campaign": "Named a campaign",
    "withdraw campaign": "Took a campaign's name back",
    "share stix": "Gave a campaign out as STIX",
    "share misp": "Gave a campaign out as MISP",
    "share alliance list": "Gave the alliance list out",
    "allow alliance list": "Recorded counsel's approval of the alliance list",
    "forbid alliance list": "Took the approval of the alliance list back",
    "prepare clue package": "Prepared a clue package",
    "approve clue package": "Approved a clue package",
    "close campaign": "Closed a campaign: all its requests are",
    "resume campaign": "Went on with a campaign",
    "alarm campaign": "Reopened a campaign: taken down, and here again",
    "hold": "Put a hold on",
    "release": "Lifted a hold",
    "purge": "Forgot what had expired",
    "record source": "Recorded a platform's rules",
    "resume source": "Let a platform be asked again",
}
CAMPAIGNS: Final = {  # how far a campaign is
    "open": "open",
    "closed": "closed",
    "reopened": "reopened",
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
    "whole": "for the rest of texts",
    "pictures": "for pictures",
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
    "unreadable": "nobody can tell whether it names our institution",
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
    "drafted": "Drafted: the letter as Word file and PDF, and its evidence as a zip.",
    "drafted_bare": "Drafted, without a PDF: no browser or no Chinese font was found. lurewatch doctor says more.",
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
    "unreadable": "the institution's profile cannot be read, so nobody can tell whether it is named",
    "held": "somebody else is looking at it",
    "look": "it waits for no second look of yours",
    "waits": "it waits for a second look",
    "own undo": "only who decided it takes it back",
    "no factor": "no second factor was begun",
    "begin again": "begin again",
    "keeper": "people are kept by an admin",
    "no deed": "there is nothing of this name to be done about a person",
    "old": "this form is too old; go back, reload the page and try again",
}
WAITS: Final = {
    "detect": "Published to found",
    "review": "Found to decided",
    "send": "Decided to sent",
    "remove": "Sent to removed",
}
ALL: Final = {"all": "All"}
UNTOLD: Final = {"untold": "Not written down"}
INFRINGEMENTS: Final = {  # as in letters/rules/infringements.yaml
    "impersonation": "It passes itself off as our institution",
    "trademark": "It uses a trademark of our institution",
    "false_facts": "It says something untrue about our institution",
}
SENT: Final = {  # what came of requests: by what
    "channels": "What came of requests",
    "reasons": "What came of requests, by reason",
    "bases": "What came of requests, by legal basis",
}
SENT_OF: Final = {"channels": "Recipient", "reasons": "Reason", "bases": "Legal basis"}
SENT_TELLS: Final = {
    "channels": "Of what was sent: the share that is gone, whoever saw to it, and how the pages say that it went.",
    "reasons": "The services that were decided to be offered, and of notices what is infringed. What has several reasons counts in each.",
    "bases": "The provisions that the letters cite. What cites several counts in each.",
}
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
TRACKS: Final = {"A": "A: report of illegal information", "B": "B: right-holder's notice"}
FILES: Final = {
    "letter": "Letter",
    "pdf": "Letter as PDF",
    "archive": "Evidence as zip",
    "receipt": "Receipt",
}
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
    "short": "it says too little to be judged",
    "screen": "the first stage found nothing of the field",
    "stance": "it reads as: {stance}",
    "protected": "a protected voice is too likely ({value} > {limit})",
    "score": "its score is too low ({value} < {limit})",
    "service": "no service is recognised",
    "asks": "it only asks about an offer",
}
REFUSALS: Final = {  # what rules and inputs say, with the names of the values in it; whole sentences first
    "finding": "finding {number}",
    "request": "request {number}",
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
    "held by": "somebody else is looking at it: {who}, until {until}",
    "no decision": "there is no decision on finding {number} to take back",
    "sample": "sample {number} does not wait for anybody",
    "no request": "there is no request {number}; see: lurewatch takedown list",
    "no request at all": "there is no request {number}",
    "not standing": "request {number}: nobody's last word is that its finding is a lure, SOLICIT or RECRUIT; withdraw it",
    "needs a decision": (
        "finding {number}: a takedown request needs a person's decision that it is a lure, SOLICIT "
        "or RECRUIT; decide it in the console first"
    ),
    "asked before": "{recipient} was asked about this address before, by request {other}, which is {state}; withdraw one of them, or wait for its end",
    "told before": (
        "{recipient} was told of this address before, by request {other}; it is told again only with "
        "a written reason (takedown draft --again, or the note of takedown submit)"
    ),
    "not seen": "{recipient} was told of this address before; nobody has seen it live in the last {hours} hours: lurewatch takedown recheck {other}",
    "not as drafted": "{name} {how}; withdraw the request and draft it anew: lurewatch takedown draft {other} --as NAME",
    "no track": "there is no track {track}; there are A and B",
    "no drafter": "{who} is {role}: that role does not draft requests",
    "no letter": "finding {number}: no letter while these are lacking:",
    "wording": "finding {number}: the letter's wording may not stand:",
    "what is infringed": "a notice names what is infringed: --infringement",
    "undecided": "nobody has decided it",
    "no channel": "{code} is no channel of track {track} for it; those are {channels}",
    "no infringement": "{code} is no infringement; a notice names one: {codes}",
    "yaml": "{path} is not readable YAML: {error}; run: lurewatch setup",
    "deep profile": "{path} is nested too deeply to be a profile",
    "unread profile": "{path} cannot be read: {error}",
    "empty profile": "{path} is empty: name at least one field of the profile",
    "profile": "{path}, line 1: known fields are {fields}",
    "no field": "{path}, line {line}: {field} is no field; known fields are {fields}",
    "no list": "{path}, line {line}: brands must be a list",
    "no text": "{path}, line {line}: {field} must be a text",
    "rights": "{path}: rights is a list; each has a kind ({kinds}), a title, and a number and a proof (a file) where there is one",
    "empty receipt": "the receipt {name} is empty",
    "large receipt": "the receipt {name} has more than {size} MB",
    "moved": "request {number} was moved by another person; look again",
    "campaign name": "a campaign's name is 1 to 100 characters that can be seen",
    "sought": "{sought} is neither a contact nor a wording: give a handle, a number or an address, or at least four Chinese characters",
    "no such form": "choose a format and how far it may be passed on",
    "no recipient": "--to names who is given it, in 1 to 60 characters that can be seen",
    "gives out": "{who} is {role}; what leaves the house is for {roles}",
    "nobody known": "the institution's profile lacks {labels}; fill it in: lurewatch setup",
    "no campaign": "no campaign is called {name}; see: lurewatch clusters list, and lurewatch clusters name",
    "none confirmed, with whys": "no finding here is confirmed by a person:",
    "none confirmed": "no finding here is confirmed by a person",
    "why not emptied": "finding {number}: it was kept long enough and is emptied",
    "why not decided": "finding {number}: nobody's last word on it is a lure, SOLICIT or RECRUIT",
    "why not led": "finding {number}: it waits for a lead",
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
    "own account": "nobody changes their own standing or role: another admin does",
    "person's name": "a name is 1 to 64 characters that can be seen",
    "no role": "unknown role {role}; known: {roles}",
    "no service": "a person is made no service account: add one beside",
    "service account": "{who} is a service account: it has tokens of the API, no password and no other role",
    "short password": "a password needs at least 8 characters",
    "same password": "choose a password that is another than the one before",
    "person there": "{who} is there already; lurewatch user passwd {name}",
    "nobody": "nobody is called {who}; see: lurewatch user list",
    "no second factor": "{who} has no second factor",
    "needed factor": "your role needs a second factor: an admin can take it off",
}
LACKS: Final = {  # what a letter lacks, or breaks; the longer sentence before the one it begins like
    "no paper": "机构资料 institution: {label}: there is no file {path}",
    "profile": "机构资料 institution: {label}",
    "code": "credit_code {value} has not 18 signs or a wrong last one",
    "email": "email {value} is no e-mail address",
    "decision": "人工认定 decision: a person must call it a lure, SOLICIT or RECRUIT",
    "address": "具体链接 address of the post",
    "date": "发布时间 date of the post",
    "evidence": "证据 evidence: run lurewatch evidence keep {number}",
    "incomplete": "证据 evidence: the package is not complete; keep it again",
    "not named": "涉及本机构: the post names neither the institution nor a brand of it; use track A",
    "right's title": "权利基础 rights: the title of a right ({kind})",
    "right's number": "权利基础 rights: 商标注册号 (number) of {title}",
    "right's proof": "权利基础 rights: 权利证明文件 (proof: a file) of {title}",
    "rights": "权利基础 rights: {names} ({kinds})",
    "facts": "侵权事实 facts: which statement is untrue, and how that is shown (--facts)",
    "long quote": "原文摘录 quotation: {many} characters, more than {most}",
    "foreign quote": "原文摘录 quotation: these words do not stand in the post",
    "large letterhead": "信头 letterhead {path}: larger than {size} MiB",
    "unread letterhead": "信头 letterhead {path}: it cannot be read ({error})",
    "no letterhead": "信头 letterhead {path}: it is no Word file (.docx)",
    "running letterhead": "信头 letterhead {path}: its part {part} runs",
    "fetching letterhead": "信头 letterhead {path}: its part {part} fetches {address}",
    "letterhead's statement": "信头 letterhead {path}: it may hold places only, no statements and no sums",
    "letterhead's mark": "信头 letterhead {path}: a place in it is not closed or cannot be read ({error})",
    "letterhead's place": "信头 letterhead {path}: {place} is no place; known are {places}",
    "letterhead's body": "信头 letterhead {path}: body must stand in it once, alone in its paragraph",
    "letterhead's loss": "信头 letterhead {path}: a part of the letter is lost ({text})",
    "hedge": "必须写明 {words} (one of these is needed)",
    "long quotation": "a quotation of {many} characters, more than {most}: “{quote}”",
    "forbidden": "{said} in “{sentence}”: {why}",
}
SINCE: Final = {  # what became of a file since it was drafted
    "missing": "is missing",
    "changed": "was changed since it was drafted",
    "differs": "has another digest in the audit log",
}
PROFILE: Final = PROFILE_LABELS | PAPERS
WHYS: Final = {  # the reasons of letters/rules/wording.yaml
    "court": "only a court or an authority calls somebody so",
    "suspected": "a letter says what is suspected, not what is proved",
    "debtor": "says something of a debtor",
}
