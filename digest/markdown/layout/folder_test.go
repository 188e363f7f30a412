package layout

import "testing"

func TestFolderOf(t *testing.T) {
	for name, want := range map[string]string{
		"a.md": ".", "posts/2026/03/a.md": "posts/#/#", "posts/2026-03-01-news/index.md": "posts", "2024/issue-9.markdown": "#", "zh/a.md": "zh",
	} {
		if got := FolderOf(name); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}
