package dev.zerolite.pglite.fs;

/**
 * A file that lies in {@link MappableMemory}.
 *
 * @param address of its first byte
 */
public record MappableFile(String name, int address, int size) {}
