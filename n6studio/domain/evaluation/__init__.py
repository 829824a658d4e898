"""What an evaluation writes, as classes: results.json and the lines of people.jsonl."""
