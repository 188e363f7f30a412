package fuzzy_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/digestbot/digestbot/bot/fuzzy"
)

func TestMatch(t *testing.T) {
	names := []string{"AI", "agentic-ai", "Kubernetes", "Rust", "人工智能", "数据库", "@everyone", "<!channel>", "👩‍💻", "مرحبا"}
	for _, c := range []struct {
		words string
		want  []string
	}{
		{"", nil},
		{"kubernets", []string{"Kubernetes"}},  // one is missing
		{"Kubenretes", []string{"Kubernetes"}}, // two are swapped
		{"ＫＵＢＥ", []string{"Kubernetes"}},       // the beginning, in full width
		{"kuberxyzes", nil},                    // three are wrong
		{"rost", []string{"Rust"}},
		{"roft", nil}, // a short word may have only one error
		{"人工智慧", []string{"人工智能"}},
		{"ai", []string{"AI", "agentic-ai"}}, // the likeliest first
		{"everyone", []string{"@everyone"}},
		{"the rust book", []string{"Rust"}},
		{"👩‍💻", []string{"👩‍💻"}},
		{"مرحب", []string{"مرحبا"}},
	} {
		if got := fuzzy.Match(c.words, names); !slices.Equal(got, c.want) {
			t.Errorf("Match(%q) = %q, want %q", c.words, got, c.want)
		}
	}
	var many []string
	for i := range 3 * fuzzy.Most {
		many = append(many, fmt.Sprint("tag", i))
	}
	if got := fuzzy.Match("tag", many); !slices.Equal(got, many[:fuzzy.Most]) {
		t.Errorf("of many that fit, Match gives %q", got)
	}
}
