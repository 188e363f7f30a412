package local

import "github.com/digestbot/digestbot/bot/ledger"

// lane is what is due on one adapter: a heap of turns, the lowest round first
// and then whoever came first.
type lane struct {
	places []place
	// working is how many workers there are.
	working int
}

// place is the place of a turn in a lane.
type place struct {
	ledger.Turn
	came int
}

func (l *lane) Len() int { return len(l.places) }

func (l *lane) Less(i, j int) bool {
	a, b := l.places[i], l.places[j]
	return a.Round < b.Round || a.Round == b.Round && a.came < b.came
}

func (l *lane) Swap(i, j int) { l.places[i], l.places[j] = l.places[j], l.places[i] }

// Push is for package heap.
func (l *lane) Push(x any) { l.places = append(l.places, x.(place)) }

// Pop is for package heap.
func (l *lane) Pop() any {
	last := len(l.places) - 1
	p := l.places[last]
	l.places[last] = place{}
	l.places = l.places[:last]
	return p
}
