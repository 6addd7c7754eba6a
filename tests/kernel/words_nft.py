"""Random rulesets in the words of nft, for rulesets.py."""


def sentinels(text):
    return ""
