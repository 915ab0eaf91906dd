// Reads and checks a log by the packages that Go's own transparency log and C2SP's tools are made of.
//
//	go run . ADDRESS KEY
//
// ADDRESS is where the log is, KEY its verifier key. It writes one JSON object with what it found.
package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"filippo.io/torchwood"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// found is what a log consists of.
type found struct {
	Origin string `json:"origin"`
	Size   int64  `json:"size"`
	Root   string `json:"root"`
	// Entries that are in the tree by their own hashes, in hexadecimal digits.
	Entries []string `json:"entries"`
	// Sizes of earlier checkpoints of which the tree is a continuation.
	Consistent []int64 `json:"consistent"`
	// How many entries were proven to be in the tree.
	Included int `json:"included"`
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: go run . ADDRESS KEY")
		os.Exit(2)
	}
	result, err := read(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func read(address, key string) (*found, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return nil, fmt.Errorf("the key: %w", err)
	}
	fetcher, err := torchwood.NewTileFetcher(address)
	if err != nil {
		return nil, err
	}
	latest, err := checkpoint(ctx, fetcher, "checkpoint", verifier)
	if err != nil {
		return nil, err
	}
	result := &found{Origin: latest.Origin, Size: latest.N, Root: hex.EncodeToString(latest.Hash[:])}
	hashes := torchwood.TileHashReaderWithContext(ctx, latest.Tree, fetcher)
	client, err := torchwood.NewClient(fetcher)
	if err != nil {
		return nil, err
	}
	// Entries of full bundles come together, the others one by one.
	for index, entry := range client.Entries(ctx, latest.Tree, 0) {
		if index != int64(len(result.Entries)) {
			return nil, fmt.Errorf("entry %d came in place of %d", index, len(result.Entries))
		}
		result.Entries = append(result.Entries, hex.EncodeToString(entry))
	}
	if err := client.Err(); err != nil {
		return nil, err
	}
	for index := int64(len(result.Entries)); index < latest.N; index++ {
		entry, proof, err := client.Entry(ctx, latest.Tree, index)
		if err != nil {
			return nil, fmt.Errorf("entry %d: %w", index, err)
		}
		if err := tlog.CheckRecord(proof, latest.N, latest.Hash, index, tlog.RecordHash(entry)); err != nil {
			return nil, fmt.Errorf("the proof of entry %d: %w", index, err)
		}
		result.Entries = append(result.Entries, hex.EncodeToString(entry))
	}
	for index, entry := range result.Entries {
		proof, err := tlog.ProveRecord(latest.N, int64(index), hashes)
		if err != nil {
			return nil, err
		}
		data, err := hex.DecodeString(entry)
		if err != nil {
			return nil, err
		}
		if err := tlog.CheckRecord(proof, latest.N, latest.Hash, int64(index), tlog.RecordHash(data)); err != nil {
			return nil, fmt.Errorf("the proof of entry %d: %w", index, err)
		}
		result.Included++
	}
	for number := 1; ; number++ {
		earlier, err := checkpoint(ctx, fetcher, fmt.Sprintf("checkpoints/%09d", number), verifier)
		if err != nil {
			return nil, err
		}
		proof, err := tlog.ProveTree(latest.N, earlier.N, hashes)
		if err != nil {
			return nil, err
		}
		if err := tlog.CheckTree(proof, latest.N, latest.Hash, earlier.N, earlier.Hash); err != nil {
			return nil, fmt.Errorf("the checkpoint at %d: %w", earlier.N, err)
		}
		result.Consistent = append(result.Consistent, earlier.N)
		if earlier.N == latest.N {
			return result, nil
		}
	}
}

// checkpoint reads a checkpoint that the key has signed.
func checkpoint(ctx context.Context, from torchwood.TileReader, path string, key note.Verifier) (*torchwood.Checkpoint, error) {
	signed, err := from.ReadEndpoint(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	opened, err := note.Open(signed, note.VerifierList(key))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	read, err := torchwood.ParseCheckpoint(opened.Text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if read.Origin != key.Name() || !bytes.HasPrefix(signed, []byte(read.Origin+"\n")) || strings.Contains(read.Extension, "\n") {
		return nil, fmt.Errorf("%s is of another log", path)
	}
	return &read, nil
}
