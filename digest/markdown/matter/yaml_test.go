package matter

import (
	"fmt"
	"strings"
	"testing"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// With merge keys, a few lines can stand for billions of entries, which are not
// expanded.
func TestMergedEntriesAreBounded(t *testing.T) {
	var block strings.Builder
	block.WriteString("---\ntitle: T\na: &a {")
	for i := range 2000 {
		fmt.Fprintf(&block, "k%d: 1, ", i)
	}
	block.WriteString("z: 1}\nb:\n  <<: [" + strings.Repeat("*a, ", 10_000) + "*a]\ndate: 2026-05-04\n---\n")
	y := yamlReader{anchors: map[string]Value{}}
	file, err := parser.ParseBytes([]byte(block.String()[4:block.Len()-4]), 0)
	if err != nil {
		t.Fatal(err)
	}
	y.entries(file.Docs[0].Body.(*ast.MappingNode).Values)
	if y.merged > MaxValues+1 {
		t.Errorf("%d entries are merged, want no more than %d", y.merged, MaxValues)
	}
}
