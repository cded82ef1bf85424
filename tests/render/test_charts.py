"""Where the marks of pictures stand: inside, in order, and on round numbers."""

import re
from datetime import date, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from worksupport.render.charts import HEIGHT, WIDTH, Plane

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@given(DAYS, st.integers(0, 4000), st.integers(0, 10**7), st.data())
def test_everything_stands_inside_and_in_order(
    first: date, days: int, most: int, data: st.DataObject
) -> None:
    last = first + timedelta(days=days)
    plane = Plane(first, last, most)
    assert 0 < plane.x(first) <= plane.x(last) <= WIDTH
    assert 0 < plane.y(most) <= plane.y(0) < HEIGHT
    counts = [int(text) for _, text in plane.rows]
    assert counts[0] == 0
    assert counts[-1] >= most
    assert len(counts) <= 7
    steps = {after - before for before, after in pairwise(counts)}
    assert len(steps) == 1
    assert re.fullmatch("[125]0*", str(steps.pop()))
    assert [x for x, _ in plane.columns] == sorted(x for x, _ in plane.columns)
    day = data.draw(st.dates(first, last))
    count = data.draw(st.integers(0, most))
    for path in (plane.dot(day, count), plane.bar(first, day, count), plane.line([(first, 0), (day, count)])):
        assert re.fullmatch(r"[MLHVZa0-9. -]+", path)
