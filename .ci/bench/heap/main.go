package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"runtime/pprof"

	"github.com/digestbot/digestbot/digest/shelf"
	"github.com/digestbot/digestbot/digest/source"
)

func main() {
	if len(os.Args) > 2 {
		runtime.MemProfileRate = 0
		stop := cpu()
		kept := shelf.Open(context.Background(), "/tmp/heap-lib.db", "x", slog.New(slog.DiscardHandler))
		l, err := source.Open(os.Args[1], slog.New(slog.DiscardHandler), source.WithShelf(kept))
		fmt.Println(l != nil, err)
		kept.Close()
		stop()
		return
	}
	runtime.MemProfileRate = 512
	log := slog.New(slog.DiscardHandler)
	for i := 0; i < 2; i++ {
		kept := shelf.Open(context.Background(), "/tmp/heap-lib.db", "x", log)
		l, err := source.Open(os.Args[1], log, source.WithShelf(kept))
		if err != nil {
			panic(err)
		}
		if i == 1 {
			runtime.GC()
			runtime.GC()
			f, _ := os.Create("/tmp/heap.prof")
			pprof.WriteHeapProfile(f)
			f.Close()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			fmt.Println(m.HeapAlloc/1024, m.HeapObjects, m.Sys/1024, m.TotalAlloc/1024)
		}
		runtime.KeepAlive(l)
		kept.Close()
	}
}
