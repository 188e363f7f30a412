package admin

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/digestbot/digestbot/digest"
)

// problemsShown is the number of problems on a page.
const problemsShown = 100

// libraryPage shows the libraries, and a page of their problems, errors first.
type libraryPage struct {
	Libraries     []Library
	Problems      []problem
	All, From, To int // of the problems
	Earlier, More int // page numbers; 0 for none
}

type problem struct {
	Problem
	Library, Severity string
}

func (s overviewPages) library(r *http.Request, _ time.Time) (any, error) {
	p := libraryPage{Libraries: s.Libraries()}
	var all []problem
	for _, l := range p.Libraries {
		for _, x := range l.Problems {
			x.File = digest.Printable(x.File)
			all = append(all, problem{x, l.Name, x.Severity.String()})
		}
	}
	slices.SortStableFunc(all, func(a, b problem) int {
		return cmp.Or(cmp.Compare(b.Problem.Severity, a.Problem.Severity), cmp.Compare(a.Library, b.Library), cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line))
	})
	p.All = len(all)
	number, err := strconv.Atoi(r.URL.Query().Get("page"))
	if err != nil || number < 1 || (number-1)*problemsShown >= len(all) {
		number = 1
	}
	from := (number - 1) * problemsShown
	to := min(from+problemsShown, len(all))
	p.Problems, p.From, p.To, p.Earlier = all[from:to], from+1, to, number-1
	if to < len(all) {
		p.More = number + 1
	}
	return p, nil
}
