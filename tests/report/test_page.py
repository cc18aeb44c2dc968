from lightlab.report import write


def test_a_report_is_a_page_a_text_and_a_table(sweep, tmp_path):
    page = write([sweep], tmp_path / "to")
    assert page == tmp_path / "to" / "report.html"
    assert "adam is better than sgd" in page.read_text(encoding="utf-8")
    assert "adam is better than sgd" in (tmp_path / "to" / "report.md").read_text(encoding="utf-8")
    assert len((tmp_path / "to" / "summary.csv").read_text(encoding="utf-8").splitlines()) == 7
