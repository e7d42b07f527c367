package main

import (
	"errors"
	"os"
	"path/filepath"
)

// exists says whether there is a file that can be seen.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// writeFile writes a file of the operator's own (0600) as a whole: whoever opens
// it sees all of it or none.
func writeFile(path string, body []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	err = errors.Join(err, f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
