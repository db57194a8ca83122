"""The document of a pack as a Word file: headings, lists, tables and pictures that a screen reader can follow."""

from __future__ import annotations

import io
from datetime import date

from incare.pack.document import Block, Cell, Document, Grid, Heading, Items, Paragraph, Picture, Run, Terms
from incare.pack.steady import steady

LANGUAGE = "en-GB"
FONT = "Arial"
_INCHES_PER_PIXEL, _WIDEST_PICTURE = 1 / 110, 6.3
_GREY, _WASH, _BANNER = "53626E", "EEF2F5", "7A1717"
_SMALL = {"note", "quiet"}


def to_word(document: Document, day: date) -> bytes:
    """The document as .docx, dated `day`; the same document gives the same bytes.

    Tables have a heading row that is repeated on each page, pictures their words, and the file its language and title.

    **Source** Office Open XML (ISO/IEC 29500).
    """
    import docx
    from docx.shared import Pt

    file = docx.Document()
    _prepare(file, document)
    file.add_paragraph(document.title, style="Title")
    for name, what in document.facts:
        _runs(file.add_paragraph(), (Run(f"{name}: "), Run(what, bold=True)))
    file.add_paragraph(document.privacy)
    file.add_paragraph("Reports in this file", style="Heading 2")
    for report in document.reports:
        file.add_paragraph(report.title, style="List Bullet")
    for report in document.reports:
        heading = file.add_paragraph(report.title, style="Heading 1")
        heading.paragraph_format.page_break_before = True
        for block in report.blocks:
            _block(file, block, Pt)
    out = io.BytesIO()
    file.save(out)
    return steady(out.getvalue(), day)


def _prepare(file, document: Document) -> None:
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn
    from docx.shared import Cm, Pt, RGBColor

    properties = file.core_properties
    properties.title, properties.language, properties.author = document.title, LANGUAGE, "incare"
    properties.comments, properties.last_modified_by, properties.revision = "", "incare", 1
    section = file.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin = section.right_margin = Cm(2)
    section.top_margin = section.bottom_margin = Cm(2)
    normal = file.styles["Normal"]
    normal.font.name, normal.font.size = FONT, Pt(10)
    language = OxmlElement("w:lang")
    language.set(qn("w:val"), LANGUAGE)
    normal.element.get_or_add_rPr().append(language)
    for name in ("Title", *(f"Heading {level}" for level in range(1, 5)), "Caption"):
        style = file.styles[name]
        style.font.name, style.font.color.rgb = FONT, RGBColor.from_string("1D2B36")
        fonts = style.element.get_or_add_rPr().find(qn("w:rFonts"))
        for side in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
            fonts.set(qn(side), FONT)
        for theme in ("w:asciiTheme", "w:hAnsiTheme", "w:eastAsiaTheme", "w:cstheme"):
            fonts.attrib.pop(qn(theme), None)
    file.styles["Heading 4"].font.italic = False
    file.styles["Caption"].font.bold = False
    if document.restricted:
        line = section.header.paragraphs[0].add_run("RESTRICTED: true figures, not for publication")
        line.bold, line.font.color.rgb = True, RGBColor.from_string(_BANNER)


def _block(file, block: Block, points) -> None:
    if isinstance(block, Heading):
        file.add_paragraph(block.text, style=f"Heading {min(max(block.level, 2), 4)}")
    elif isinstance(block, Paragraph):
        _runs(file.add_paragraph(), block.runs, small=block.style in _SMALL)
    elif isinstance(block, Items):
        for item in block.items:
            _runs(file.add_paragraph(style="List Number" if block.ordered else "List Bullet"), item)
    elif isinstance(block, Grid):
        _grid(file, block, points)
    elif isinstance(block, Picture):
        _picture(file, block)
    elif isinstance(block, Terms):
        for term, what in block.pairs:
            _runs(file.add_paragraph(), (Run(f"{term}: ", bold=True), Run(what)), small=True)


def _runs(paragraph, runs: tuple[Run, ...], small: bool = False) -> None:
    from docx.shared import Pt, RGBColor

    for run in runs:
        added = paragraph.add_run(run.text)
        added.bold = run.bold or None
        if small:
            added.font.size, added.font.color.rgb = Pt(8.5), RGBColor.from_string(_GREY)


def _picture(file, block: Picture) -> None:
    from docx.shared import Inches

    file.add_picture(io.BytesIO(block.png), width=Inches(min(block.width * _INCHES_PER_PIXEL, _WIDEST_PICTURE)))
    drawn = file.paragraphs[-1]._p.xpath(".//wp:docPr")[0]
    drawn.set("descr", block.alt)
    if block.caption:
        _runs(file.add_paragraph(style="Caption"), block.caption)


def _grid(file, block: Grid, points) -> None:
    """A table; its cells are written as XML at once, as adding them one by one takes a minute for a pack."""
    from docx.oxml import parse_xml
    from docx.oxml.ns import nsdecls

    from incare.pack.pdf import widths

    if block.caption:
        file.add_paragraph(block.caption, style="Caption").paragraph_format.keep_with_next = True
    shares = widths(block)
    size = 13 if len(shares) > 8 else 15 if len(shares) > 6 else 17  # half points
    twips = [int(9600 * share / sum(shares)) for share in shares]
    rows = "".join(
        [
            *(_row(row, twips, size, head=True) for row in block.head),
            *(_row(row, twips, size, head=False) for row in block.rows),
        ]
    )
    columns = "".join(f'<w:gridCol w:w="{width}"/>' for width in twips)
    line = '<w:{0} w:val="single" w:sz="4" w:space="0" w:color="C3CDD5"/>'
    borders = "".join(line.format(side) for side in ("top", "bottom", "insideH"))
    table = parse_xml(
        f'<w:tbl {nsdecls("w")}><w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders>{borders}</w:tblBorders>'
        f'<w:tblLayout w:type="fixed"/><w:tblLook w:firstRow="1" w:firstColumn="1" w:val="04A0"/>'
        f"<w:tblCaption w:val={_quoted(block.caption)}/></w:tblPr><w:tblGrid>{columns}</w:tblGrid>{rows}</w:tbl>"
    )
    file.element.body.insert(len(file.element.body) - 1, table)
    file.add_paragraph().paragraph_format.space_after = points(2)


def _row(cells: tuple[Cell, ...], twips: list[int], size: int, head: bool) -> str:
    mark = "<w:trPr><w:cantSplit/>" + "<w:tblHeader/>" * head + "</w:trPr>"
    written = (_cell(cell, width, size, head) for cell, width in zip(cells, twips, strict=True))
    return f"<w:tr>{mark}{''.join(written)}</w:tr>"


def _cell(cell: Cell, width: int, size: int, head: bool) -> str:
    shade = f'<w:shd w:val="clear" w:color="auto" w:fill="{_WASH}"/>' * head
    bold = "<w:b/>" * (cell.header or head)
    weight = f'<w:rPr>{bold}<w:sz w:val="{size}"/></w:rPr>'
    side = '<w:jc w:val="right"/>' * cell.number
    text = "<w:br/>".join(f'<w:t xml:space="preserve">{_escaped(line)}</w:t>' for line in cell.text.split("\n"))
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/>{shade}</w:tcPr>'
        f'<w:p><w:pPr><w:spacing w:before="20" w:after="20"/>{side}</w:pPr><w:r>{weight}{text}</w:r></w:p></w:tc>'
    )


def _escaped(text: str) -> str:
    from xml.sax.saxutils import escape

    return escape(text)


def _quoted(text: str) -> str:
    from xml.sax.saxutils import quoteattr

    return quoteattr(text)
