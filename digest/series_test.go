package digest

import (
	"slices"
	"strings"
	"testing"
)

func TestSeries(t *testing.T) {
	for id, want := range map[string]string{
		"issue-12": "issue-#", "issue-007": "issue-#", "12": "#", "第12期": "第#期", "第十二期": "第#期", "第 12 期": "第 # 期", "第１２期": "第#期",
		"2026/issue-1": "#/issue-#", "vol-2/issue-3.zh": "vol-#/issue-#.zh", "issue-12/index": "issue-#/index", "a/issue-12/index": "a/issue-#/index",
		"links": "", "README": "", "2026/links": "", "2026/11/README": "", "index": "", "a/index": "", "2026/a/index": "", "": "",
		"一周新闻": "", "第期": "", "第一": "第#", "@everyone-3": "@everyone-#", "\u202e3-gnp": "\u202e#-gnp", "\xff1": "\xff#",
	} {
		if got := Series(id); got != want {
			t.Errorf("the series of %q is %q, want %q", id, got, want)
		}
	}
}

func TestChineseNumber(t *testing.T) {
	for text, want := range map[string][2]int{
		"十": {10, 3}, "十二期": {12, 6}, "二十": {20, 6}, "一百零五": {105, 12}, "一百二十三x": {123, 15}, "二〇二六年": {2026, 12},
		"三千": {3000, 6}, "九九九九九": {0, 0}, "期": {0, 0}, "": {0, 0}, "12": {0, 0},
	} {
		value, size := ChineseNumber(text)
		if got := [2]int{value, size}; got != want {
			t.Errorf("%s is %v, want %v", text, got, want)
		}
	}
}

// Of several digests of one day, the one with the higher number is newer.
func TestLibraryOrderOfASeries(t *testing.T) {
	want := strings.Fields("第十一期 第10期 第九期 第二期 a b issue-100 issue-10 issue-10x issue-9 issue-1 issue-x")
	var digests []*Digest
	for _, id := range slices.Sorted(slices.Values(want)) {
		digests = append(digests, &Digest{Card: Card{ID: id, Date: day(2)}})
	}
	got := strings.Fields(ids(Rules{}.NewLibrary(KeepAll(digests)).All()))
	if !slices.Equal(got, want) {
		t.Errorf("got %s, want %s", got, want)
	}
}

// The order is consistent, whatever is compared.
func FuzzHigherFirst(f *testing.F) {
	f.Add("issue-9", "issue-10", "issue-10x")
	f.Add("01b", "1a", "1b")
	f.Add("第九", "第10", "第一〇")
	f.Add("9", "第9", "０9")
	f.Add("第", "\xe7第0", "\xe7A")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		if x, y := HigherFirst(a, b), HigherFirst(b, a); x != -y || (x == 0) != (a == b) {
			t.Errorf("%q and %q: %d and %d", a, b, x, y)
		}
		ordered := []string{a, b, c}
		slices.SortFunc(ordered, HigherFirst)
		if HigherFirst(ordered[0], ordered[2]) > 0 {
			t.Errorf("%q are in no order", ordered)
		}
	})
}
