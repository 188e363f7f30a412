package source

import "time"

// Scan looks at the folder once, as Run does.
func (f *Folder) Scan() (took, again bool) {
	_, took, again = f.scan()
	return took, again
}

// SetPoll sets how often Run looks without an event.
func (f *Folder) SetPoll(every time.Duration) { f.poll = every }
