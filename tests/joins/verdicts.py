"""What is decided about the things that a rule looks at, in a set of small
facts: (rule, thing) with `error`, `warning`, `note` or `undecided`.

And what three-valued questions need: True, False, and None for not known.
"""

LOWER = {"error": "warning", "warning": "note", "note": "note"}
WORST = ["error", "warning", "note"]


class Verdicts:
    """The verdicts of one estate."""

    def __init__(self):
        self.found = {}

    def say(self, rule, thing, verdict):
        """A thing may be judged more than once; a fault outweighs a question."""
        known = self.found.setdefault((rule, thing), set())
        known.add(verdict)
        # What is seen in several ways is as bad as the surest of them says.
        worst = next((severity for severity in WORST if severity in known), None)
        known -= {severity for severity in WORST if severity != worst}

    def decide(self, rule, thing, fault, severity):
        """A fault that is there, not there, or not known to be there."""
        if fault is not False:
            self.say(rule, thing, severity if fault else "undecided")


def both(*answers):
    """Whether all hold; one that fails settles it."""
    if any(answer is False for answer in answers):
        return False
    return None if any(answer is None for answer in answers) else True


def either(*answers):
    """Whether one holds; one that holds settles it."""
    if any(answer is True for answer in answers):
        return True
    return None if any(answer is None for answer in answers) else False


def opposite(answer):
    """Whether it does not hold."""
    return None if answer is None else not answer
