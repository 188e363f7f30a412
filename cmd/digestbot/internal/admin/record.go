package admin

import (
	"net/http"
	"strconv"
	"time"

	"github.com/digestbot/digestbot/bot/ledger"
)

// recordPage is a page of the record.
type recordPage struct {
	Acts    []act
	Later   bool // there are later entries
	Earlier int64
}

type act struct {
	At                      moment
	By, Channel, Line, What string
}

func (s overviewPages) record(r *http.Request, _ time.Time) (any, error) {
	before, err := strconv.ParseInt(r.URL.Query().Get("before"), 10, 64)
	if err != nil {
		before = 0 // the latest
	}
	found, err := s.Dispatch.Ledger.Acts(r.Context(), ledger.ActQuery{Before: before, Limit: pageSize + 1})
	if err != nil {
		return nil, err
	}
	p := recordPage{Later: before != 0}
	if len(found) > pageSize {
		found = found[:pageSize]
		p.Earlier = found[pageSize-1].Number
	}
	for _, a := range found {
		p.Acts = append(p.Acts, act{moment{a.At, s.zone()}, a.By.Name, a.Channel.String(), a.Line, a.What})
	}
	return p, nil
}
