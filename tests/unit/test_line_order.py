"""A line that was taken for a block is read where it stands in its column."""

from ocr_core.engines.line_order import with_gaps_filled


def line(left, top, right=None):
    return (left, top, right or left + 400, top + 20)


LEFT = [line(100, top) for top in (100, 150, 200, 250)]
RIGHT = [line(600, top) for top in (100, 150, 200, 250)]


def order(boxes, blocks):
    return [boxes[index] for index, _ in with_gaps_filled(boxes, blocks)]


def test_a_line_after_its_column_is_put_into_its_gap():
    boxes = [LEFT[0], LEFT[2], LEFT[3], LEFT[1], *RIGHT]

    found = with_gaps_filled(boxes, [1, 2, 2, 3, 4, 4, 4, 4])

    assert [boxes[index] for index, _ in found] == LEFT + RIGHT
    assert [block for _, block in found] == [1, 1, 2, 2, 4, 4, 4, 4]


def test_a_right_to_left_line_is_put_into_its_gap():
    short = line(300, 150, 1000)
    column = [line(500, 100, 1000), line(620, 200, 1000), line(500, 250, 1000)]
    boxes = [*column, *LEFT, short]

    found = order(boxes, [1, 2, 2, 3, 3, 3, 3, 4])

    assert found == [column[0], short, *column[1:], *LEFT]


def test_columns_stay_as_they_are():
    boxes = LEFT + RIGHT

    assert order(boxes, [1, 1, 1, 1, 2, 2, 2, 2]) == boxes


def test_a_line_of_another_column_is_not_put_into_a_gap():
    boxes = [LEFT[0], LEFT[2], LEFT[3], RIGHT[1]]

    assert order(boxes, [1, 2, 2, 3]) == boxes


def test_a_heading_between_paragraphs_is_left_where_it_is():
    boxes = [line(100, 100), line(100, 200), line(100, 300), line(220, 150, 380)]

    assert order(boxes, [1, 1, 1, 2]) == boxes
