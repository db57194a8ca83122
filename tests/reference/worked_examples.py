"""The worked examples W1 to W10 of the measure catalogue, section 2, as drawn tables.

Every child was born on 01/01/2015; the window is 01/04/2024 to 31/03/2025.
`expected` gives: in care at 31/03/2025, periods of care, placements in the window, long-term stable ("yes", "no", or ""
for not in the cohort). W7 has left care, so its placements are not asked for.
"""

import pandas as pd

EPISODES = """
    CHILD | DECOM      | RNE | LS | PLACE | PL_POST | DEC        | REC
    W1    | 10/01/2022 | S   | C1 | U6    |         | 05/09/2023 | X1
    W1    | 05/09/2023 | L   | C2 | U6    |         | 12/11/2024 | X1
    W1    | 12/11/2024 | P   | C2 | U6    | B       |            |
    W2    | 01/06/2023 | S   | C2 | U4    | A       | 10/08/2024 | X1
    W2    | 10/08/2024 | P   | C2 | T3    |         | 20/08/2024 | X1
    W2    | 20/08/2024 | P   | C2 | U4    | A       |            |
    W3    | 01/06/2023 | S   | C2 | U6    | A       | 10/08/2024 | X1
    W3    | 10/08/2024 | P   | C2 | T4    |         | 15/08/2024 | X1
    W3    | 15/08/2024 | P   | C2 | K2    | D       |            |
    W4    | 01/02/2023 | S   | C1 | U6    |         | 01/03/2024 | X1
    W4    | 01/03/2024 | L   | E1 | U6    |         | 01/10/2024 | X1
    W4    | 01/10/2024 | T   | E1 | A5    |         |            |
    W5    | 01/05/2023 | S   | V2 | U6    |         | 10/06/2024 | E4A
    W5    | 01/09/2024 | S   | V2 | U6    | B       | 15/11/2024 | X1
    W5    | 15/11/2024 | B   | C1 | U6    | C       |            |
    W6    | 08/04/2024 | S   | V3 | U6    | A       | 12/04/2024 | E4A
    W6    | 06/05/2024 | S   | V3 | U6    | A       | 10/05/2024 | E4A
    W6    | 01/02/2025 | S   | V2 | K2    | B       |            |
    W7    | 01/05/2023 | S   | V2 | U6    |         | 31/03/2025 | E4A
    W8    | 01/05/2023 | S   | C2 | U6    | A       | 01/04/2024 | X1
    W8    | 01/04/2024 | P   | C2 | U6    | B       | 01/12/2024 | X1
    W8    | 01/12/2024 | P   | C2 | K2    |         |            |
    W9    | 01/05/2021 | S   | C2 | U4    | A       | 01/05/2024 | X1
    W9    | 01/05/2024 | T   | C2 | U4    | A       | 01/09/2024 | X1
    W9    | 01/09/2024 | T   | C2 | U4    | B       |            |
    W10   | 01/06/2022 | S   | C1 | U6    | X       | 01/10/2022 | X1
    W10   | 01/10/2022 | P   | C1 | U6    | A       | 01/07/2024 | X1
    W10   | 01/07/2024 | B   | E1 | A6    | N       |            |
"""

EXPECTED = """
    CHILD | in_care | periods_of_care | placements | long_term
    W1    | yes     | 1               | 2          | no
    W2    | yes     | 1               | 1          |
    W3    | yes     | 1               | 2          |
    W4    | yes     | 1               | 1          |
    W5    | yes     | 2               | 3          |
    W6    | yes     | 1               | 1          |
    W7    | no      | 1               |            |
    W8    | yes     | 1               | 3          |
    W9    | yes     | 1               | 1          | yes
    W10   | yes     | 1               | 2          | yes
"""

# Reviews: a period of care that starts on the first day has its first review due on the second.
FIRST_REVIEW_DUE = {"2025-03-03": "2025-03-31", "2025-04-04": "2025-05-07", "2025-12-22": "2026-01-22"}

# Date of birth, day, age on that day.
AGES = [
    ("2008-02-29", "2026-02-28", 17),
    ("2008-02-29", "2026-03-01", 18),
    ("2007-03-31", "2025-03-31", 18),
    ("2007-04-01", "2025-03-31", 17),
]


def table(drawn: str) -> pd.DataFrame:
    """A drawn table as a frame of text."""
    lines = [[cell.strip() for cell in line.split("|")] for line in drawn.strip().splitlines()]
    return pd.DataFrame(lines[1:], columns=lines[0])


def extract(episodes: str = EPISODES, year: int = 2025, **others: str) -> dict[str, pd.DataFrame]:
    """Raw tables of one return: the episodes with the columns not drawn left blank, and a header born 01/01/2015."""
    drawn = table(episodes)
    for column in ("CIN", "PLACE_PROVIDER", "REASON_PLACE_CHANGE", "HOME_POST", "URN"):
        drawn[column] = drawn.get(column, "")
    children = drawn["CHILD"].drop_duplicates()
    header = pd.DataFrame({"CHILD": children, "SEX": "F", "DOB": "01/01/2015", "ETHNIC": "WBRI", "UPN": ""})
    tables = {"episodes": drawn, "header": header} | {name: table(text) for name, text in others.items()}
    return {name: frame.assign(SOURCE_YEAR=year) for name, frame in tables.items()}
