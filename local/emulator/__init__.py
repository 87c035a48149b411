"""The embedded AWS endpoint: ministack in one process with the provisioners and the EMR job runner of this project."""
