"""Names against names: what stands on a list, however it is spelt.

spelling.py   a name as tokens: scripts, marks, titles, legal forms
words.toml    which words weigh little, and which are one another's spellings
index.py      from a name to the few listed names worth a look
align.py      which part of one name is which part of the other
score.py      from parts, dates of birth and countries to a score, with its reasons
scores.toml   thresholds and weights
matcher.py    all of it together
"""
