"""Each form that a note can take, one by one."""

import pytest

from graph.model import Document
from ingest.parse import parse
from ingest.records import BlockKind, MarkKind, Note


def document(text, path="n.md"):
    return parse(Note(Document(path, "", ""), text, "utf-8"))


def questions(text, path="n.md"):
    return document(text, path).questions


def titles(text, path="n.md"):
    return [question.question.title for question in questions(text, path)]


def answer(text):
    """Return the only question that has this answer."""
    (question,) = questions(f"## 1. T？\n\n{text}")
    return question


def plain(text):
    return [sentence.plain for sentence in answer(text).sentences[1:]]


def marked(text):
    return [
        (sentence.plain[mark.start : mark.end], mark.kind)
        for sentence in answer(text).sentences
        for mark in sentence.marks
    ]


def kinds(text):
    return [(block.kind.value, block.depth) for block in answer(text).blocks[1:]]


# Questions


@pytest.mark.parametrize(
    ("heading", "number", "title"),
    [
        ("## 1. 什么是CLIP？", "1", "什么是CLIP？"),
        ("## 1、什么是CLIP", "1", "什么是CLIP"),
        ("# 12.CLIP的原理", "12", "CLIP的原理"),
        ("## 3.2 CLIP的原理", "3.2", "CLIP的原理"),
        ("## 16.3D-LLM是什么？", "16", "3D-LLM是什么？"),
        ("## 1.1×1卷积有什么作用？", "1", "1×1卷积有什么作用？"),
        ("## 问题3：什么是CLIP？", "3", "什么是CLIP？"),
        ("## 问题三：什么是CLIP？", "三", "什么是CLIP？"),
        ("### Q1: What is CLIP?", "1", "What is CLIP?"),
        ("### Q1. What is CLIP?", "1", "What is CLIP?"),
        ("## 面试问题：什么是CLIP？", "", "什么是CLIP？"),
        ("## 一、什么是CLIP？", "一", "什么是CLIP？"),
        ("## （2）什么是CLIP？", "2", "什么是CLIP？"),
        ("## 【3】什么是CLIP？", "3", "什么是CLIP？"),
        ("## 第4题：什么是CLIP？", "4", "什么是CLIP？"),
        ("## **5. 什么是CLIP？**", "5", "什么是CLIP？"),
        ("## 什么是`CLIP`与[[BLIP|它]]？ ##", "", "什么是CLIP与它？"),
        ("<h2 id='6.x'>6.什么是CLIP？ </h2>", "6", "什么是CLIP？"),
        ("<H3 CLASS=q ID=x>7.什么是CLIP？</H3>", "7", "什么是CLIP？"),
        ('<h2\n id="x"\n>8.什么\n是CLIP？</h2>', "8", "什么是CLIP？"),
        ('<h2 id="a>b">9.A-&gt;B？</h2>', "9", "A->B？"),
        ("10.什么是CLIP？\n===", "10", "什么是CLIP？"),
        ("## 11.什么是CLIP？ {#clip}", "11", "什么是CLIP？"),
        ('## 12.<a name="x"></a>什么是CLIP？', "12", "什么是CLIP？"),
        ("**13. What is CLIP?**", "13", "What is CLIP?"),
        ("**What is CLIP?**", "", "What is CLIP?"),
        ("## GPT-3.5", "", "GPT-3.5"),
        ("## 2024年有哪些模型？", "", "2024年有哪些模型？"),
    ],
)
def test_heading_gives_number_and_title(heading, number, title):
    (question,) = questions(f"{heading}\n\nCLIP使用对比学习。\n")
    assert (question.question.number, question.question.title) == (number, title)
    assert question.question.line == 1
    assert question.sentences[0].plain == title
    assert question.question.answer == "CLIP使用对比学习。"


@pytest.mark.parametrize(
    ("heading", "below", "expected"),
    [
        ("## 1. T？ ★★★☆☆", "", {"difficulty": "3"}),
        ("## 1. T？ 难度：⭐️⭐️ 考频：高", "", {"difficulty": "2", "frequency": "高"}),
        ("## 1. T？（难度：中）", "", {"difficulty": "中"}),
        ("## 1. T？", "难度：★★★★", {"difficulty": "4"}),
        ("## 1. T？", "**难度**：★★ | **频率**：★★★★★", {"difficulty": "2", "frequency": "5"}),
        ("## 1. T？", "- 重要性：3/5", {"importance": "3/5"}),
        ("**T? 👶**", "", {"difficulty": "1"}),
        ("**T? ‍⭐️**", "👶 and 🚀 are used too.", {"difficulty": "2"}),
        ("**T?** 🚀", "", {"difficulty": "3"}),
        ("## 1. T？", "难度：这个问题很难。", {}),
    ],
)
def test_difficulty_and_frequency_are_properties(heading, below, expected):
    (question,) = questions(f"{heading}\n\nA.\n\n{below}\n")
    assert dict(question.question.properties) == expected
    assert question.question.title.strip("？?") == "T"
    if expected:
        assert not any("★" in sentence.plain or "：" in sentence.plain for sentence in question.sentences)


def test_with_ids_other_headings_belong_to_the_answer():
    text = "<h2 id='1.a'>1.A？</h2>\n\n### 1. 定义\nx\n\n## 作用\ny\n\n<h2 id='2.b'>2.B？</h2>\n\nz\n"
    assert titles(text) == ["A？", "B？"]
    assert [block.kind for block in questions(text)[0].blocks].count(BlockKind.HEADING) == 2


def test_with_ids_chapters_are_sections():
    text = "<h2 id='1.x'>1.多模态</h2>\n\n<h3 id='1.a'>1.A？</h3>\na\n<h3 id='2.b'>2.B？</h3>\nb\n"
    text += "<h2 id='2.y'>2.文本</h2>\n<h3 id='1.c'>1.C？</h3>\nc\n"
    assert [(q.question.title, q.sections) for q in questions(text)] == [
        ("A？", ("多模态",)),
        ("B？", ("多模态",)),
        ("C？", ("文本",)),
    ]


def test_chapter_below_its_questions_level_still_holds_them_all():
    text = "## 1、模块\n<h1 id='1.a'>1.A？</h1>\na\n<h1 id='2.b'>2.B？</h1>\nb\n"
    assert [(q.question.title, q.sections) for q in questions(text)] == [("A？", ("模块",)), ("B？", ("模块",))]


def test_with_ids_unnumbered_deeper_ones_belong_to_the_answer():
    text = "<h2 id='1.git'>1.Git的知识</h2>\n\n<h3 id='git'>Git</h3>\nx\n<h2 id='2.b'>2.B？</h2>\nb\n"
    assert titles(text) == ["Git的知识", "B？"]


def test_listed_heading_without_its_id_is_a_question():
    text = "## 目录\n- [1.A？](#1)\n- [2.归一化（BN）](#2)\n\n"
    text += "### 归一化（BN）：\nx\n\n#### 作用\ny\n\n<h3 id='1'>1.A？</h3>\na\n"
    assert titles(text) == ["归一化（BN）：", "A？"]


def test_heading_with_an_id_in_a_list_by_accident_is_a_question():
    text = "<h2 id='1.a'>1.A？</h2>\n\n- x\n\n  <h2 id='2.b'>2.B？</h2>\n\n  y\n\n- z\n\nw\n"
    assert titles(text) == ["A？", "B？"]
    assert [sentence.plain for sentence in questions(text)[1].sentences[1:]] == ["y", "z", "w"]


def test_without_ids_the_level_decides():
    text = "# 生成模型\n\n### FID\na\n\n### IS\n#### 公式\nb\n\n# GAN\n\n### JS散度\nc\n"
    assert [(q.question.title, q.sections) for q in questions(text)] == [
        ("FID", ("生成模型",)),
        ("IS", ("生成模型",)),
        ("JS散度", ("GAN",)),
    ]


def test_numbers_that_count_through_the_note_are_questions_at_any_level():
    assert titles("###### 1.A\na\n# 2.B\nb\n#### 3.C\nc\n") == ["A", "B", "C"]


def test_heading_beside_numbered_questions_is_one_too():
    assert titles("# 书\n## 1.A\na\n### x\nb\n## 2.B\nc\n## 总结\nd\n") == ["A", "B", "总结"]


def test_numbers_within_answers_are_no_questions():
    assert titles("## 1. A？\n### 1. x\na\n### 2. y\nb\n## 2. B？\n### 1. z\nc\n") == ["A？", "B？"]


def test_chapters_with_words_of_their_own_stay_chapters():
    text = "# 书\n\n## 第一章 基础\n\n本章介绍基础。\n\n### 什么是A？\na\n\n### 什么是B？\nb\n"
    assert [(q.question.title, q.sections) for q in questions(text)] == [
        ("什么是A？", ("书", "基础")),
        ("什么是B？", ("书", "基础")),
    ]
    assert [notice.line for notice in document(text).notices] == [5]


def test_bold_lines_in_an_answer_are_no_questions_where_headings_ask():
    assert titles("## 1. A？\n\n**为什么？**\n\na\n\n**怎么办？**\n\nb\n") == ["A？"]


def test_bold_questions_stand_below_chapters():
    text = "# Book\n\n## Trees\n\n**What is a tree? 👶**\n\na\n\n**Why?** ⭐️\n\nb\n\n"
    text += "## Nets\n\n**1. What is a net?**\n\nc\n"
    assert [(q.question.title, q.sections) for q in questions(text)] == [
        ("What is a tree?", ("Book", "Trees")),
        ("Why?", ("Book", "Trees")),
        ("What is a net?", ("Book", "Nets")),
    ]


def test_equal_headings_are_questions_of_their_own():
    text = "<h2 id='q'>1.A？</h2>\na\n<h2 id='q'>1.A？</h2>\nb\n## 1.A？\nc\n"
    assert [(q.question.id, q.question.answer) for q in questions(text)] == [
        ("n.md#0", "a"),
        ("n.md#1", "b"),
        ("n.md#2", "c"),
    ]


def test_headings_without_text_or_blank_are_none():
    assert titles("## 1. A？\na\n##\n## ##\n####### 2. B\n#3.C\n") == ["A？"]


def test_tables_of_contents_are_skipped_wherever_they_stand():
    text = "# 目录\n\n## 第一章\n- [1.A？](#1.A？)\n  - [x y](#x y)\n\n"
    text += "## 第一章\n\n<h2 id='1'>1.A？</h2>\na\n\n- [x](#x)\n- [y](#y)\n\n[TOC]\n"
    (question,) = questions(text)
    assert (question.question.title, question.sections) == ("A？", ("第一章",))
    assert [sentence.plain for sentence in question.sentences] == ["A？", "a"]
    assert not document(text).notices


def test_readme_has_clear_questions_only():
    text = "# Notes\n\nWelcome.\n\n## Install\nx\n\n## License\nMIT\n"
    assert titles(text, "README.md") == []
    assert titles(text) == ["Install"]
    assert titles(text + "\n## 1. 什么是CLIP？\ny\n", "a/readme.md") == ["什么是CLIP？"]


@pytest.mark.parametrize("text", ["", "\ufeff", "CLIP使用对比学习。\n", "# A\n\n![x](y)\n", "---\ntitle: x\n---\n"])
def test_notes_without_questions_say_so(text):
    parsed = document(text)
    assert not parsed.questions or parsed.questions[0].question.title == "A"
    assert parsed.questions or [notice.message for notice in parsed.notices] == [
        "no question was found in this note; its text is left out"
    ]


def test_text_before_the_first_question_is_named():
    parsed = document("前言。\n\n# 书\n\n序。\n\n## 1. A？\na\n\n## License\nMIT\n")
    assert [(notice.line, "belongs to no question" in notice.message) for notice in parsed.notices] == [
        (1, True),
        (5, True),
        (11, True),
    ]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# 多模态\n\n## 1. A？\na\n", "多模态"),
        ("---\ntitle: 书名\ntags: [a, {title: b}]\n---\n# 多模态\n\n## 1. A？\na\n", "书名"),
        ("## 1. A？\na\n", "n"),
        ("## 第一章 基础\n\n### 1. A？\na\n", "n"),
        ("### A\na\n# B\n### C\nc\n", "n"),
        ("", "n"),
    ],
)
def test_title_of_the_document(text, title):
    assert document(text).document.title == title


def test_answer_begins_right_after_the_heading():
    assert questions("<h2 id='1'>1.A？</h2> a\nb\n\n")[0].question.answer == " a\nb"
    assert questions("## 1.A？\n \n    x = 1\n")[0].question.answer == "    x = 1"


# Front matter, comments, code


def test_front_matter_is_handed_on_and_asks_nothing():
    parsed = document('---\ntitle: CLIP\ntags: ["## 0.不是？"]\ndate: 2026-13-99\n---\n\n## 1. A？\na\n')
    assert parsed.front_matter == 'title: CLIP\ntags: ["## 0.不是？"]\ndate: 2026-13-99'
    assert len(parsed.questions) == 1
    assert not parsed.notices


@pytest.mark.parametrize(
    ("yaml", "line"),
    [
        ("a: 1\nb: !!python/object/apply:os.system [x]", 3),
        ("a: &a [x]\nb: [*a, *a]", 2),
        ("a: [1\nb: }", 3),
        ("a: " + "[" * 300, 1),
        ("a: " + "x" * 30_000, 1),
    ],
)
def test_front_matter_that_is_no_plain_yaml_is_named_and_left_out(yaml, line):
    parsed = document(f"---\n{yaml}\n---\n\n## 1. A？\na\n")
    assert parsed.front_matter == ""
    assert [notice.line for notice in parsed.notices] == [line]
    assert len(parsed.questions) == 1


def test_note_that_begins_with_a_rule_has_no_front_matter():
    assert titles("---\n\n## 1. A？\na\n\n---\n\n## 2. B？\nb\n") == ["A？", "B？"]


def test_open_code_block_takes_the_rest_and_is_named():
    parsed = document("## 1. A？\n\na\n\n```python\nx\n\n## 2. B？\n")
    assert len(parsed.questions) == 1
    assert "## 2. B？" in parsed.questions[0].question.answer
    assert [notice.line for notice in parsed.notices] == [5]


def test_open_comment_takes_the_rest_and_is_named():
    parsed = document("## 1. A？\n\na <!-- b --> c\n\n<!--\n## 9. x\n-->\n<!-- d --> e\n\n<!-- f\n\n## 2. B？\n")
    assert [sentence.plain for sentence in parsed.questions[0].sentences] == ["A？", "a  c", "e"]
    assert [notice.line for notice in parsed.notices] == [10]


def test_code_is_in_the_answer_alone():
    text = "见：\n\n```python\nCLIP()  # 使用BLIP\n```\n\n    x = CLIP()\n\n用`clip`。"
    assert plain(text) == ["见：", "用clip。"]
    assert marked(text) == [("clip", MarkKind.CODE)]


def test_indented_chinese_prose_is_prose():
    assert plain("作用：\n\n    1、提升模型的收敛速度\n    2、提升模型的精度\n") == [
        "作用：",
        "提升模型的收敛速度",
        "提升模型的精度",
    ]


# Blocks


def test_list_knows_its_lead_in_and_nesting():
    question = answer("CLIP包括：\n\n- **A**：a\n  - a1\n\n    more\n  - a2\n- B\n\n段落。\n\n1. x\n2. y\n")
    blocks = [(b.kind.value, b.lead_in, b.parent, b.depth, b.ordered) for b in question.blocks[1:]]
    assert blocks == [
        ("paragraph", None, None, 0, False),
        ("item", 1, None, 1, False),  # A
        ("item", 2, 2, 2, False),  # a1
        ("item", 2, 3, 2, False),  # more
        ("item", 2, 2, 2, False),  # a2
        ("item", 1, None, 1, False),  # B
        ("paragraph", None, None, 0, False),
        ("item", 7, None, 1, True),
        ("item", 7, None, 1, True),
    ]


def test_list_below_a_heading_or_the_title_is_led_in_by_it():
    question = answer("- a\n\n**优点：**\n\n- b\n\n### 缺点\n- c\n")
    assert [(b.kind.value, b.lead_in, b.heading) for b in question.blocks] == [
        ("title", None, 0),
        ("item", 0, 0),
        ("heading", None, 0),
        ("item", 2, 2),
        ("heading", None, 0),
        ("item", 4, 4),
    ]


def test_list_broken_by_a_picture_keeps_its_lead_in():
    question = answer("步骤：\n\n1. a\n\n![x](y.png)\n\n2. b\n")
    assert [block.lead_in for block in question.blocks[2:]] == [1, 1]


def test_headings_stand_under_each_other():
    question = answer("### A\n\n#### B\n\n**C**\n\nx\n\n#### D\n\n### E\n\ny\n")
    assert [(b.heading, b.depth) for b in question.blocks[1:]] == [
        (0, 3),
        (1, 4),
        (2, 7),
        (3, 0),
        (1, 4),
        (0, 3),
        (6, 0),
    ]


def test_bold_line_is_a_heading_and_what_follows_on_the_next_line_a_paragraph():
    assert kinds("**优点：**\n并行计算。\n\n**CLIP很好。**\n\n**A**和**B**\n") == [
        ("heading", 7),
        ("paragraph", 0),
        ("paragraph", 0),
        ("paragraph", 0),
    ]


def test_numbers_of_headings_in_the_answer_are_not_their_text():
    assert plain("### 1. 定义\n\n**2.1 作用**\n\nx\n") == ["定义", "作用", "x"]


def test_table_knows_rows_and_columns():
    first = "| 模型 | 使用 |\n|---|---|\n| CLIP | `a\\|b`与$x$ |\n| | [[ViT]] |\n"
    question = answer(f"比较：\n\n{first}\n> | 1 | 2 |\n> |---|---|\n> | 3 | 4 |\n")
    cells = [
        (s.plain, b.kind.value, b.table, b.row, b.column, b.lead_in)
        for s in question.sentences[2:]
        for b in [question.blocks[s.block]]
    ]
    assert cells == [
        ("模型", "column", 0, 0, 0, 1),
        ("使用", "column", 0, 0, 1, 1),
        ("CLIP", "cell", 0, 1, 0, 1),
        ("a|b与x", "cell", 0, 1, 1, 1),
        ("ViT", "cell", 0, 2, 1, 1),
        ("1", "column", 1, 0, 0, 1),
        ("2", "column", 1, 0, 1, 1),
        ("3", "cell", 1, 1, 0, 1),
        ("4", "cell", 1, 1, 1, 1),
    ]
    assert question.sentences[5].sentence.text == "`a\\|b`与$x$"


def test_lists_60_deep_keep_their_levels():
    text = "".join("  " * level + f"- 第{level + 1}层\n" for level in range(60))
    assert [block.depth for block in answer(text).blocks[1:]] == list(range(1, 61))


def test_text_nested_beyond_the_limit_is_kept():
    assert plain(">" * 5_000 + " 深处\n\n后面\n") == ["深处", "后面"]
    assert plain("- " * 5_000 + "深处\n\n后面\n")[-2:] == ["深处", "后面"]


def test_text_before_a_rule_is_no_heading():
    assert titles("## 1. A？\nCLIP使用对比学习。\n---\n## 2. B？\nb\n") == ["A？", "B？"]


# Inline


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("[[CLIP]]与[[blip|BLIP]]和[[ViT#原理]]", "CLIP与BLIP和ViT"),
        ("a![[x.png]]b[^1]c", "abc"),
        ("a ==b **c**== d == e", "a b c d == e"),
        ("- [x] a", "a"),
        ("> [!NOTE] a", "a"),
        ("[^1]: a", "a"),
        ("[a](b.md)和[c](d e.md)和[x](javascript:1)", "a和c和x"),
        ("a![x](y z\\w.png)b![](D:/a(1).png)c", "abc"),
        ("<b>粗</b>x<sub>2</sub><img src=y onerror=z>", "粗x2"),
        ("<svg onload=a=b>x", "x"),
        ("使用<think>标签</think>", "使用<think>标签</think>"),
        ("a<script>b</script>c<style>d</style>e", "ace"),
        ("a<script>b", "ab"),
        ("a &lt; b &amp; c&nbsp;d", "a < b & c d"),
        ("\\*a\\* ~~b~~", "*a* b"),
        ("C\u200bL\u200cI\u200dP\ufeff与CL\u00adIP", "CLIP与CLIP"),
        ("多模\n态与\nCLIP\nmodel", "多模态与 CLIP model"),
        ("2*3*4 a_b_c __init__", "2*3*4 a_b_c __init__"),
        ("a\u2028b\tc", "a b c"),
        ("价格是$5和$6。", "价格是$5和$6。"),
    ],
)
def test_plain_text_has_no_markup(text, shown):
    assert plain(text) == [shown]


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("**CLIP**是", ("CLIP", MarkKind.BOLD)),
        ("**缺点：**如果", ("缺点：", MarkKind.BOLD)),
        ("多**模态（MM）**是", ("模态（MM）", MarkKind.BOLD)),
        ("__CLIP model__ is", ("CLIP model", MarkKind.BOLD)),
        ("是*斜*体", ("斜", MarkKind.ITALIC)),
        ("用`` a`b ``。", ("a`b", MarkKind.CODE)),
        ("见[CLIP](x)。", ("CLIP", MarkKind.LINK)),
        ("见<https://a.b/c>。", ("https://a.b/c", MarkKind.LINK)),
        ("[[a|CLIP]]。", ("CLIP", MarkKind.WIKILINK)),
        ("设$x_1$为", ("x_1", MarkKind.FORMULA)),
        ("设\\(x_1\\)为", ("x_1", MarkKind.FORMULA)),
        ("设$$a$$为", ("a", MarkKind.FORMULA)),
        ("是\n**CLIP**。", ("CLIP", MarkKind.BOLD)),
        ("is\n**CLIP**.", ("CLIP", MarkKind.BOLD)),
    ],
)
def test_marks_cover_what_is_marked_up(text, mark):
    assert marked(text) == [mark]


@pytest.mark.parametrize(
    "formula",
    ["$$\nx = y\n$$", "$$ x = y $$", "$x = y$", "\\[\nx\n\\]", "$$\nx\n\n= y\n$$", "$$x$$  ,  $$y$$", "\\(x\\)。"],
)
def test_formulas_on_their_own_are_no_sentences(formula):
    assert plain(f"a\n\n{formula}\n\nb") == ["a", "b"]
    assert kinds(f"a\n\n{formula}\n\nb") == [("paragraph", 0)] * 2


@pytest.mark.parametrize("formula", ["$$\nx = y\n$$", "$$ x = y $$", "\\[\nx\n\\]"])
def test_display_formula_ends_a_paragraph_without_a_blank_line(formula):
    assert plain(f"公式：\n{formula}\n其中x是输入。") == ["公式：", "其中x是输入。"]


def test_dollars_without_a_partner_hide_nothing():
    assert plain("$$\nL = \\sum_{i\n\nCLIP使用对比学习。$")[-1] == "CLIP使用对比学习。"


# Sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("一。二！三？四", ["一。", "二！", "三？", "四"]),
        ("A is B. C is D! E? F", ["A is B.", "C is D!", "E?", "F"]),
        (
            "e.g. GPT-3.5, i.e. a model by Brown et al. and others. It works.",
            ["e.g. GPT-3.5, i.e. a model by Brown et al. and others.", "It works."],
        ),
        ("Fig. 3 shows U.S. data etc. Next one.", ["Fig. 3 shows U.S. data etc.", "Next one."]),
        ("CLIP由OpenAI提出.它使用ViT.", ["CLIP由OpenAI提出.", "它使用ViT."]),
        ("他说“好。”然后走了。", ["他说“好。”", "然后走了。"]),
        ("A（一。二）是B。C", ["A（一。二）是B。", "C"]),
        ("用`a. B`和$x. Y$。", ["用a. B和x. Y。"]),
        ("包括：\n其一", ["包括：", "其一"]),
        ("一；二；三。", ["一；二；三。"]),
        ("Text Encoder：用于提取文本特征。", ["Text Encoder：用于提取文本特征。"]),
        ("（1）甲\n（2）乙", ["甲", "乙"]),
        ("1、甲\n2、乙", ["甲", "乙"]),
        ("甲<br>乙", ["甲", "乙"]),
        ("甲，  \n乙", ["甲，乙"]),
        ("甲  \n乙", ["甲", "乙"]),
        ("see https://a.b/c.d?e=f. Next", ["see https://a.b/c.d?e=f.", "Next"]),
        ("什么？！真的……是", ["什么？！", "真的……是"]),
    ],
)
def test_sentences_end_where_they_should(text, expected):
    assert plain(text) == expected


def test_long_sentences_are_cut_at_semicolons():
    parts = [f"第{number}点" + "很长" * 30 + "；" for number in range(4)]
    assert plain("".join(parts)) == parts


def test_sentence_of_any_length_stays_one():
    text = "CLIP使用对比学习，" * 5_000
    assert plain(text) == [text]


def test_raw_text_includes_the_markup_and_nothing_beside_it():
    question = answer("![x](y)\n**CLIP**是[模型](m)。<b>它</b>很**好。**\r\n完")
    assert [sentence.sentence.text for sentence in question.sentences[1:]] == [
        "**CLIP**是[模型](m)。",
        "<b>它</b>很**好。**",
        "完",
    ]


def test_offsets_hold_with_any_line_ends():
    text = "## 1. A？\r\n\r\n一\r二\u2028三\n\n- x\r- y\r\n  z\r\n"
    question = questions(text)[0]
    assert [(s.sentence.line, text[s.sentence.start : s.sentence.end]) for s in question.sentences] == [
        (1, "A？"),
        (3, "一\r二\u2028三"),
        (6, "x"),
        (7, "y\r\n  z"),
    ]
    assert [sentence.plain for sentence in question.sentences[1:]] == ["一二 三", "x", "y z"]


# Size


@pytest.mark.parametrize(
    "opener", ["[", "![", "(", "<", "`", "*", "_ a_", "<a ", "（", "《", "$", "[[", "\\(", "~~", "**a "]
)
def test_thousands_of_openers_hide_nothing(opener):
    assert titles(f"## 1. A？\n\n{opener * 6_000}\n\n## 2. B？\n\nb\n") == ["A？", "B？"]


def test_large_tables_and_many_headings_are_read_whole():
    rows = "".join(f"| m{number} | {number} |\n" for number in range(3_000))
    assert len(answer(f"| a | b |\n|---|---|\n{rows}").blocks) == 6_003
    assert len(questions("".join(f"## {number}.模型{number}是什么？\nx\n" for number in range(1, 3_001)))) == 3_000
