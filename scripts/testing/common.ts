import { commonTests } from './image-test.ts'
import { loadSubject } from './test-subject.ts'

// The test file of an image that has none of its own.
commonTests(loadSubject())
