package local

import "github.com/digestbot/digestbot/bot/ledger"

// lane has what is due on one adapter: a heap of turns, ordered by round and then by
// arrival.
type lane struct {
	places []place
	// working is the number of workers.
	working int
}

// place is a turn and its position in a lane.
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

// Push implements heap.Interface.
func (l *lane) Push(x any) { l.places = append(l.places, x.(place)) }

// Pop implements heap.Interface.
func (l *lane) Pop() any {
	last := len(l.places) - 1
	p := l.places[last]
	l.places[last] = place{}
	l.places = l.places[:last]
	return p
}
